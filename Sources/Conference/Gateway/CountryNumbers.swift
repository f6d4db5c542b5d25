/// What a country's numbering plan says of its numbers, as far as prices depend on it.
public struct CountryNumbers: Sendable, Hashable {
    /// ITU-T E.164 country code.
    public let code: String
    /// What is dialled before another country's code, and before an area's; empty for nothing.
    public let international: String
    public let national: String
    /// How many digits a number has that is dialled without a prefix, where there is none to dial.
    public let bareLength: ClosedRange<Int>?
    /// Beginnings of numbers without country code and prefix; `?` is any digit.
    public let mobile: [String]
    public let premium: [String]
    /// Beginnings of short numbers that cost as premium ones do.
    public let shortPremium: [String]
    /// Whole numbers.
    public let emergency: Set<String>

    init(
        _ code: String, international: String = "00", national: String = "0", bareLength: ClosedRange<Int>? = nil,
        mobile: [String] = [], premium: [String], short: [String] = [], emergency: Set<String>
    ) {
        self.code = code
        self.international = international
        self.national = national
        self.bareLength = bareLength
        self.mobile = mobile
        self.premium = premium
        shortPremium = short
        self.emergency = emergency
    }
}
