/// How numbers are written: as people type them, and as routes and trunks have them.
public struct NumberPlan: Sendable, Hashable {
    /// What is dialled before a country's code, and stands for `+`: `00`, `011`; empty for nothing.
    public var international = ""
    /// What is dialled before an area's code, and stands for `+` and the country's: `0`; empty for nothing.
    public var national = ""
    /// The country's code, without `+`.
    public var country = ""

    public init(international: String = "", national: String = "", country: String = "") {
        self.international = international
        self.national = national
        self.country = country
    }

    /// A number without visual separators (RFC 3966 section 5.1.1) and with its prefix as `+`; other text is left alone.
    public func normal(_ text: String) -> String {
        guard NumberPlan.isNumber(text) else { return text }
        let number = text.filter { !NumberPlan.separators.contains($0) }
        guard !number.hasPrefix("+") else { return number }
        let isInternational = !international.isEmpty && number.hasPrefix(international)
        if isInternational, number.count > international.count { return "+" + number.dropFirst(international.count) }
        if !isInternational, !national.isEmpty, !country.isEmpty, number.hasPrefix(national),
            number.count > national.count
        {
            return "+" + country + number.dropFirst(national.count)
        }
        return number
    }

    private static let separators: Set<Character> = ["-", ".", "(", ")", " ", "\u{a0}"]

    /// Whether it is digits, perhaps with separators between them and a `+` before.
    public static func isNumber(_ text: String) -> Bool {
        var digits = 0
        for (index, character) in text.enumerated() {
            switch character {
            case "0"..."9": digits += 1
            case "+" where index == 0: break
            case _ where separators.contains(character): break
            default: return false
            }
        }
        return digits > 0
    }
}
