extension SIPURI: CustomStringConvertible {
    /// From text, by libosip2's parser; nil if it is no URI, or has a `%00`.
    public init?(_ text: String) {
        guard text.utf8.count <= SIPLimits.uri, let uri = OsipParser.uri(text) else { return nil }
        self = uri
    }

    /// The URI as it is sent.
    public var description: String {
        if let opaque { return "\(scheme):\(opaque)" }
        var text = scheme + ":"
        if let user {
            text += SIPURI.encode(user, keeping: SIPURI.userCharacters)
            if let password { text += ":" + SIPURI.encode(password, keeping: SIPURI.passwordCharacters) }
            text += "@"
        }
        text += hostPort
        for parameter in parameters.list {
            text += ";" + SIPURI.encode(parameter.name, keeping: SIPURI.parameterCharacters)
            if let value = parameter.value {
                text += "=" + SIPURI.encode(value, keeping: SIPURI.parameterCharacters)
            }
        }
        for (index, header) in headers.list.enumerated() {
            text += index == 0 ? "?" : "&"
            text += SIPURI.encode(header.name, keeping: SIPURI.headerCharacters) + "="
            text += SIPURI.encode(header.value ?? "", keeping: SIPURI.headerCharacters)
        }
        return text
    }

    private static let unreserved = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()".utf8)
    private static let userCharacters = unreserved.union("&=+$,;?/".utf8)
    private static let passwordCharacters = unreserved.union("&=+$,".utf8)
    private static let parameterCharacters = unreserved.union("[]/:&+$".utf8)
    private static let headerCharacters = unreserved.union("[]/?:+$".utf8)

    /// Percent-encodes every byte that may not stand as it is (RFC 3261 section 25.1).
    private static func encode(_ text: String, keeping characters: Set<UInt8>) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if characters.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
