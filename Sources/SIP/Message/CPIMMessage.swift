/// A message wrapped for common presence and instant messaging: `message/cpim` (RFC 3862).
public struct CPIMMessage: Hashable, Sendable {
    /// A formal name and a URI: `Alice <sip:demo@example.org;gr=Alice>`.
    public struct Address: Hashable, Sendable {
        public var name: String?
        /// As written, any scheme.
        public var uri: String

        public init(name: String?, uri: String) {
            self.name = name
            self.uri = uri
        }

        init?(parsing text: String) {
            guard let open = text.lastIndex(of: "<"), text.last == ">" else {
                guard !text.isEmpty, !text.contains(" ") else { return nil }
                self.init(name: nil, uri: text)
                return
            }
            let name = NameAddress.unquoted(String(text[..<open]).trimmed)
            let uri = String(text[text.index(after: open)...].dropLast())
            self.init(name: name.isEmpty ? nil : name, uri: uri)
        }

        var text: String {
            guard let name, !name.isEmpty else { return "<\(uri)>" }
            let escaped = name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
            return "\"\(escaped)\" <\(uri)>"
        }
    }

    /// A header of an extension (RFC 3862 section 3.4).
    public struct Extension: Hashable, Sendable {
        /// What `NS` says its prefix means; empty for none.
        public var namespace: String
        public var name: String
        public var value: String

        public init(namespace: String, name: String, value: String) {
            self.namespace = namespace
            self.name = name
            self.value = value
        }
    }

    /// The namespace of instant message disposition notifications (RFC 5438 section 6).
    public static let imdn = "urn:ietf:params:imdn"

    public var from: Address?
    public var to: [Address]
    public var cc: [Address] = []
    /// `DateTime` (RFC 3339).
    public var dateTime: String?
    /// `Subject`, with `;lang=` in front where it has one.
    public var subjects: [String] = []
    /// `imdn.Message-ID` (RFC 5438), under whichever prefix `NS` gave it.
    public var messageID: String?
    /// `imdn.Disposition-Notification` in lower case: `positive-delivery`, `negative-delivery`, `display`.
    public var dispositions: [String] = []
    /// Headers that mean nothing here and can be handed on.
    public var extensions: [Extension] = []
    /// Headers that must be understood (`Require`) and are not.
    public private(set) var unknownRequirements: [String] = []
    /// Media type of the content in lower case, without parameters; `text/plain` when it does not say.
    public var contentType: String
    /// The `charset` parameter of the content's type, in lower case; nil when it does not say.
    public var charset: String?
    /// `Content-Disposition` of the content: `notification` for an IMDN (RFC 5438 section 7.1).
    public var contentDisposition: String?
    public var content: [UInt8]

    private static let maximumExtensions = 16
    private static let maximumExtension = 1024

    public init(
        from: Address?, to: [Address], dateTime: String? = nil, messageID: String? = nil,
        contentType: String = "text/plain", content: [UInt8]
    ) {
        self.from = from
        self.to = to
        self.dateTime = dateTime
        self.messageID = messageID
        self.contentType = contentType
        self.content = content
    }

    /// Nil when the body is no CPIM message: its header blocks are not both there, or the content is shorter than it says.
    public init?(parsing body: [UInt8]) {
        var rest = body[...]
        guard let message = CPIMMessage.block(&rest), let content = CPIMMessage.block(&rest) else { return nil }
        self.init(from: nil, to: [], content: [])
        var namespaces: [String: String] = [:]
        for (name, value) in message where name.lowercased() == "ns" {
            let pieces = value.split(separator: "<", maxSplits: 1)
            guard let last = pieces.last?.trimmed, last.last == ">" else { continue }
            namespaces[pieces.count == 2 ? pieces[0].trimmed.lowercased() : ""] = String(last.dropLast())
        }
        for (name, value) in message { take(name, value, namespaces) }
        for (name, value) in content {
            switch name.lowercased() {
            case "content-type":
                let type = ParameterizedValue(parsing: value)
                contentType = type.value.lowercased()
                charset = type.charset
            case "content-disposition": contentDisposition = ParameterizedValue(parsing: value).value.lowercased()
            case "content-length":
                guard let length = Int(value), length >= 0, length <= rest.count else { return nil }
                rest = rest.prefix(length)
            default: break
            }
        }
        self.content = Array(rest)
    }

    private mutating func take(_ name: String, _ value: String, _ namespaces: [String: String]) {
        let (namespace, local) = CPIMMessage.resolve(name, namespaces)
        switch (namespace ?? "?", local.lowercased()) {
        case ("", "from"): from = Address(parsing: value)
        case ("", "to"): if let address = Address(parsing: value) { to.append(address) }
        case ("", "cc"): if let address = Address(parsing: value) { cc.append(address) }
        case ("", "datetime"): dateTime = value
        case ("", "subject"): subjects.append(value)
        case ("", "ns"): break
        case ("", "require"):
            for name in value.split(separator: ",").map(\.trimmed)
            where !CPIMMessage.isUnderstood(CPIMMessage.resolve(name, namespaces)) {
                unknownRequirements.append(name)
            }
        case (CPIMMessage.imdn, "message-id"): messageID = value
        case (CPIMMessage.imdn, "disposition-notification"):
            dispositions += value.split(separator: ",").map { $0.trimmed.lowercased() }
        case (CPIMMessage.imdn, _): break
        default:
            guard let namespace, extensions.count < CPIMMessage.maximumExtensions,
                local.utf8.count + value.utf8.count <= CPIMMessage.maximumExtension
            else { return }
            extensions.append(Extension(namespace: namespace, name: local, value: value))
        }
    }

    /// The namespace of a header's name, nil for a prefix that nothing was said of, and the name in it.
    private static func resolve(_ name: String, _ namespaces: [String: String]) -> (String?, String) {
        guard let dot = name.firstIndex(of: ".") else { return ("", name) }
        let prefix = name[..<dot].lowercased()
        // Some leave the declaration of the one prefix that everybody knows out.
        let namespace = namespaces[prefix] ?? (prefix == "imdn" ? imdn : nil)
        return (namespace, String(name[name.index(after: dot)...]))
    }

    private static func isUnderstood(_ name: (namespace: String?, local: String)) -> Bool {
        switch name.namespace {
        case .some(""): ["from", "to", "cc", "datetime", "subject", "ns", "require"].contains(name.local.lowercased())
        case .some(imdn): ["message-id", "disposition-notification"].contains(name.local.lowercased())
        default: false
        }
    }

    /// The body as it is sent.
    public var bytes: [UInt8] {
        var text = ""
        func add(_ name: String, _ value: String) {
            text += "\(name):\(value.hasPrefix(";") ? "" : " ")\(value)".onOneLine + "\r\n"
        }
        if let from { add("From", from.text) }
        for address in to { add("To", address.text) }
        for address in cc { add("cc", address.text) }
        if let dateTime { add("DateTime", dateTime) }
        for subject in subjects { add("Subject", subject) }
        if messageID != nil || !dispositions.isEmpty { add("NS", "imdn <\(CPIMMessage.imdn)>") }
        if let messageID { add("imdn.Message-ID", messageID) }
        if !dispositions.isEmpty { add("imdn.Disposition-Notification", dispositions.joined(separator: ", ")) }
        var prefixes: [String: String] = ["": ""]
        for header in extensions where prefixes[header.namespace] == nil {
            prefixes[header.namespace] = "x\(prefixes.count)."
            add("NS", "x\(prefixes.count - 1) <\(header.namespace)>")
        }
        for header in extensions { add((prefixes[header.namespace] ?? "") + header.name, header.value) }
        let charset = charset ?? (contentType == "text/plain" ? "utf-8" : nil)
        text += "\r\n"
        add("Content-Type", contentType + (charset.map { ";charset=\($0)" } ?? ""))
        if let contentDisposition { add("Content-Disposition", contentDisposition) }
        return Array((text + "\r\n").utf8) + content
    }

    /// Takes one block of headers and the empty line after it.
    private static func block(_ rest: inout ArraySlice<UInt8>) -> [(name: String, value: String)]? {
        var headers: [(name: String, value: String)] = []
        while let end = rest.firstIndex(of: 0x0a) {
            let line = String(decoding: rest[..<end], as: UTF8.self).trimmed
            rest = rest[(end + 1)...]
            if line.isEmpty { return headers }
            guard headers.count < 64, let colon = line.firstIndex(of: ":") else { return nil }
            headers.append(
                (String(line[..<colon]).trimmed, String(line[line.index(after: colon)...]).trimmed))
        }
        return nil
    }
}
