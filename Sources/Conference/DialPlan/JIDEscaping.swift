import Primitives

/// JID escaping (XEP-0106): how a SIP user part lives as a localpart, and back (RFC 7247 section 6).
public enum JIDEscaping {
    /// The ten characters that a localpart cannot hold, by their codes.
    private static let codes: [Unicode.Scalar: String] = [
        " ": "20", "\"": "22", "&": "26", "'": "27", "/": "2f", ":": "3a", "<": "3c", ">": "3e", "@": "40",
    ]
    private static let characters: [String: Unicode.Scalar] = {
        var characters: [String: Unicode.Scalar] = ["5c": "\\"]
        for (character, code) in codes { characters[code] = character }
        return characters
    }()

    /// Text as a localpart. A backslash is escaped where it would otherwise be read as the start of an escape.
    public static func escape(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var output = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if let code = codes[scalar] {
                output.append("\\")
                output.append(contentsOf: code.unicodeScalars)
            } else if scalar == "\\", code(in: scalars, after: index) != nil {
                output.append(contentsOf: "\\5c".unicodeScalars)
            } else {
                output.append(scalar)
            }
        }
        return String(output)
    }

    /// Text as a localpart that is compared octet by octet: in lower case (RFC 7622 section 3.3).
    static func localpart(_ text: String) -> String { escape(text).lowercased() }

    /// The text that a localpart stands for.
    public static func unescape(_ localpart: String) -> String {
        let scalars = Array(localpart.unicodeScalars)
        var output = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            if scalars[index] == "\\", let code = code(in: scalars, after: index), let character = characters[code] {
                output.append(character)
                index += 3
            } else {
                output.append(scalars[index])
                index += 1
            }
        }
        return String(output)
    }

    /// The code of the escape that begins with the backslash at `index`, if it is one.
    private static func code(in scalars: [Unicode.Scalar], after index: Int) -> String? {
        guard index + 2 < scalars.count else { return nil }
        var code = String.UnicodeScalarView()
        code.append(scalars[index + 1])
        code.append(scalars[index + 2])
        let text = String(code)
        return characters[text] == nil ? nil : text
    }
}
