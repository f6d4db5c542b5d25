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

    public var from: Address?
    public var to: [Address]
    /// `DateTime` (RFC 3339).
    public var dateTime: String?
    /// `imdn.Message-ID` (RFC 5438), under whichever prefix `NS` gave it.
    public var messageID: String?
    /// Media type of the content in lower case, without parameters; `text/plain` when it does not say.
    public var contentType: String
    /// The `charset` parameter of the content's type, in lower case; nil when it does not say.
    public var charset: String?
    public var content: [UInt8]

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

    /// Nil when the body is no CPIM message: its header blocks are not both there.
    public init?(parsing body: [UInt8]) {
        var rest = body[...]
        guard let message = CPIMMessage.block(&rest), let content = CPIMMessage.block(&rest) else { return nil }
        from = nil
        to = []
        contentType = "text/plain"
        var imdn = "imdn"
        for (name, value) in message where name == "ns" {
            let pieces = value.split(separator: "<", maxSplits: 1)
            if pieces.count == 2, pieces[1].trimmed == "urn:ietf:params:imdn>" { imdn = pieces[0].trimmed.lowercased() }
        }
        for (name, value) in message {
            switch name {
            case "from": from = Address(parsing: value)
            case "to": if let address = Address(parsing: value) { to.append(address) }
            case "datetime": dateTime = value
            case imdn + ".message-id": messageID = value
            default: break
            }
        }
        for (name, value) in content where name == "content-type" {
            let type = ParameterizedValue(parsing: value)
            contentType = type.value.lowercased()
            charset = type.charset
        }
        self.content = Array(rest)
    }

    /// The body as it is sent.
    public var bytes: [UInt8] {
        var text = ""
        if let from { text += "From: \(from.text)".onOneLine + "\r\n" }
        for address in to { text += "To: \(address.text)".onOneLine + "\r\n" }
        if let dateTime { text += "DateTime: \(dateTime)".onOneLine + "\r\n" }
        if let messageID {
            text += "NS: imdn <urn:ietf:params:imdn>\r\n" + "imdn.Message-ID: \(messageID)".onOneLine + "\r\n"
        }
        let charset = charset ?? (contentType == "text/plain" ? "utf-8" : nil)
        let type = contentType + (charset.map { ";charset=\($0)" } ?? "")
        text += "\r\n" + "Content-Type: \(type)".onOneLine + "\r\n\r\n"
        return Array(text.utf8) + content
    }

    /// Takes one block of headers and the empty line after it; names in lower case.
    private static func block(_ rest: inout ArraySlice<UInt8>) -> [(name: String, value: String)]? {
        var headers: [(name: String, value: String)] = []
        while let end = rest.firstIndex(of: 0x0a) {
            let line = String(decoding: rest[..<end], as: UTF8.self).trimmed
            rest = rest[(end + 1)...]
            if line.isEmpty { return headers }
            guard headers.count < 64, let colon = line.firstIndex(of: ":") else { return nil }
            headers.append(
                (String(line[..<colon]).trimmed.lowercased(), String(line[line.index(after: colon)...]).trimmed))
        }
        return nil
    }
}
