/// A header that `SIPMessage` keeps as text, under its full name.
public struct SIPHeader: Hashable, Sendable {
    public var name: String
    /// Unfolded, without white space around it.
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether the header has that name, without regard to case.
    public func isNamed(_ name: String) -> Bool { self.name.lowercased() == name.lowercased() }

    /// The full names of the compact forms (RFC 3261 section 7.3.3, RFC 6665, RFC 3515, RFC 3892, RFC 4028).
    static let compactForms: [String: String] = [
        "a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
        "e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported",
        "l": "Content-Length", "m": "Contact", "o": "Event", "r": "Refer-To", "s": "Subject", "t": "To",
        "u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
    ]

    /// Splits at a separator that is neither quoted nor inside angle brackets; pieces are trimmed.
    static func split(_ text: String, at separator: Character) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var isQuoted = false
        var isEscaped = false
        var depth = 0
        for character in text {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted {
                if character == "<" { depth += 1 }
                if character == ">" { depth = max(0, depth - 1) }
                if character == separator, depth == 0 {
                    pieces.append(piece.trimmed)
                    piece = ""
                    continue
                }
            }
            piece.append(character)
        }
        pieces.append(piece.trimmed)
        return pieces
    }
}

/// A value and its parameters: `conference;id=7`, `text/plain;charset=utf-8`, `active;expires=600`.
public struct ParameterizedValue: Hashable, Sendable, CustomStringConvertible {
    /// As written; compare without regard to case where the header says so.
    public var value: String
    public var parameters: SIPParameters

    public init(_ value: String, parameters: SIPParameters = SIPParameters()) {
        self.value = value
        self.parameters = parameters
    }

    public init(parsing text: String) {
        let pieces = SIPHeader.split(text, at: ";")
        value = pieces.first ?? ""
        parameters = SIPParameters(
            pieces.dropFirst().filter { !$0.isEmpty }.map { piece in
                guard let equals = piece.firstIndex(of: "=") else { return .init(piece, nil) }
                return .init(
                    String(piece[..<equals]).trimmed, String(piece[piece.index(after: equals)...]).trimmed)
            })
    }

    public var description: String { value + parameters.headerText }

    /// The `charset` of a media type, in lower case and without quotes.
    public var charset: String? { parameters["charset"].map { NameAddress.unquoted($0).lowercased() } }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends around it.
    var trimmed: String {
        func isSpace(_ character: Character) -> Bool {
            character == " " || character == "\t" || character == "\r" || character == "\n" || character == "\r\n"
        }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
