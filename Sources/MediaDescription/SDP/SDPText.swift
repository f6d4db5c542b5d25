/// Reading the fields of a line.
enum SDPText {
    static func fields(_ text: some StringProtocol) -> [String] {
        text.split(separator: " " as Character).map { String($0) }
    }

    /// The text before and after the first separator; the whole and nil without one.
    static func cut(_ text: String, at separator: Character) -> (head: String, tail: String?) {
        guard let index = text.firstIndex(of: separator) else { return (text, nil) }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }

    static func trim(_ text: some StringProtocol) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = text.firstIndex(where: { !blank($0) }), let last = text.lastIndex(where: { !blank($0) })
        else { return "" }
        return String(text[first...last])
    }

    /// Digits alone, within the range.
    static func integer(_ text: String?, in range: ClosedRange<Int>) -> Int? {
        guard let text, !text.isEmpty, text.utf8.count <= 18, isDigits(text), let value = Int(text),
            range.contains(value)
        else { return nil }
        return value
    }

    static func port(_ text: String?) -> UInt16? {
        integer(text, in: 0...65_535).map { UInt16(truncatingIfNeeded: $0) }
    }

    /// Digits alone; more than 64 bits of them saturate.
    static func uint64(_ text: String) -> UInt64? {
        guard !text.isEmpty, isDigits(text) else { return nil }
        return UInt64(text) ?? .max
    }

    private static func isDigits(_ text: String) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }
}
