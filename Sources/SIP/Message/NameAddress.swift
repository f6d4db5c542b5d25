/// A display name, a URI and parameters: From, To, Contact, Route, Record-Route (RFC 3261 section 20.10).
public struct NameAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without quotes or escapes; nil when there is none.
    public var displayName: String?
    public var uri: SIPURI
    public var parameters: SIPParameters

    public init(displayName: String? = nil, _ uri: SIPURI, parameters: SIPParameters = SIPParameters()) {
        self.displayName = displayName
        self.uri = uri
        self.parameters = parameters
    }

    /// From text, by libosip2's parser.
    public init?(_ text: String) {
        guard text.utf8.count <= SIPLimits.uri, let address = OsipParser.nameAddress(text) else { return nil }
        self = address
    }

    /// The `tag` of From and To.
    public var tag: String? {
        get { parameters["tag"] }
        set { parameters["tag"] = newValue }
    }

    /// The address as it is sent, always with angle brackets.
    public var description: String {
        var text = ""
        if let displayName, !displayName.isEmpty {
            let escaped = displayName.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
            text += "\"\(escaped)\" "
        }
        return text + "<\(uri)>" + parameters.headerText
    }

    /// Text of a quoted string without its quotes and escapes; other text as it is.
    public static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var result = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            result.append(character)
            isEscaped = false
        }
        return result
    }
}
