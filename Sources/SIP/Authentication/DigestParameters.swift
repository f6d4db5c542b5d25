/// What follows `Digest` in the headers of RFC 7616: names and values, quoted or not.
struct DigestParameters {
    private var values: [String: String] = [:]

    /// Nil for another scheme.
    init?(parsing header: String) {
        guard let space = header.firstIndex(where: { $0 == " " || $0 == "\t" }),
            header[..<space].lowercased() == "digest"
        else { return nil }
        for piece in SIPHeader.split(String(header[space...]), at: ",") {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let name = String(piece[..<equals]).trimmed.lowercased()
            let value = String(piece[piece.index(after: equals)...]).trimmed
            if values[name] == nil { values[name] = NameAddress.unquoted(value) }
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// As a quoted string.
    static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
