/// Which class a number is of: the longest beginning that is known decides, and the operator's word before the tables'.
public struct NumberClasses: Sendable, Hashable {
    /// Numbers that begin so.
    struct Prefix: Sendable, Hashable {
        /// Digits, and `?` for any; with country code, or of a short number as dialled.
        let digits: [UInt8]
        let isShort: Bool
        let numberClass: NumberClass
        /// Whether the operator said so.
        let isOwn: Bool

        fileprivate func matches(_ number: [UInt8]) -> Bool {
            number.count >= digits.count && zip(digits, number).allSatisfy { $0 == UInt8(ascii: "?") || $0 == $1 }
        }
    }

    /// Digits of the longest short number that costs as premium ones do.
    private static let longestCode = 6

    private let plan: NumberPlan
    private let country: CountryNumbers?
    /// Longer ones are short numbers no more.
    private let longestShort: Int
    private var prefixes: [Prefix] = []
    private let emergency: Set<String>

    /// - Parameters:
    ///   - longestShort: how many digits a short number has at most.
    ///   - own: what the operator says of numbers: beginnings with `+`, as dialled in the country, or of short numbers.
    public init(_ plan: NumberPlan, longestShort: Int = 5, own: [(beginning: String, NumberClass)] = []) {
        self.plan = plan
        self.longestShort = longestShort
        country = CountryNumbers.tables[plan.country]
        emergency = country?.emergency ?? ["112", "911"]
        for (code, table) in CountryNumbers.tables {
            add(table.premium.map { code + $0 }, .premium)
        }
        add(CountryNumbers.satellites, .satellite)
        add(CountryNumbers.globalPremium, .premium)
        add(CountryNumbers.northAmericanIslands.map { "1" + $0 }, .international)
        if let country {
            add(country.mobile.map { country.code + $0 }, .mobile)
            add(country.shortPremium, .premium, isShort: true)
        }
        for (beginning, numberClass) in own {
            guard let (digits, isShort) = place(of: beginning) else { continue }
            add([digits], numberClass, isShort: isShort, isOwn: true)
        }
        prefixes.sort { ($0.digits.count, $0.isOwn ? 1 : 0) > ($1.digits.count, $1.isOwn ? 1 : 0) }
    }

    /// Whether a beginning can be one of numbers.
    public static func isBeginning(_ text: String) -> Bool {
        let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
        return (1...20).contains(digits.utf8.count)
            && digits.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "?") }
    }

    /// The class of what is called.
    /// - Parameter isNamed: whether a route means this very number, rather than all that there are.
    public func of(_ user: String, isNamed: Bool) -> NumberClass {
        guard let number = DialledNumber(user) else { return .address }
        guard !number.isCode else { return .code }
        guard !number.digits.isEmpty else { return .international }
        if !number.isGlobal, number.length == number.digits.count, emergency.contains(number.digits) {
            return .emergency
        }
        if isShort(number, within: NumberClasses.longestCode), let known = longest(number.digits, isShort: true),
            known.isOwn || !isNamed
        {
            return known.numberClass
        }
        if isShort(number, within: longestShort) { return .internal }
        let global = global(number)
        if let known = longest(global, isShort: false) { return known.numberClass }
        return !plan.country.isEmpty && global.hasPrefix(plan.country) ? .national : .international
    }

    private func isShort(_ number: DialledNumber, within length: Int) -> Bool {
        !number.isGlobal && number.length <= length && !number.digits.hasPrefix("0")
            && !isInternational(number.digits)
    }

    /// Whether it begins with what is dialled before a country's code, and has more.
    private func isInternational(_ digits: String) -> Bool {
        internationalPrefixes.contains { digits.hasPrefix($0) && digits.count > $0.count }
    }

    /// With country code.
    private func global(_ number: DialledNumber) -> String {
        let digits = number.digits
        if number.isGlobal { return clean(digits) }
        for prefix in internationalPrefixes where digits.hasPrefix(prefix) && digits.count > prefix.count {
            return clean(digits.dropFirst(prefix.count))
        }
        let national = nationalPrefix
        if !national.isEmpty, digits.hasPrefix(national), digits.count > national.count {
            return clean(plan.country + digits.dropFirst(national.count))
        }
        if let bare = country?.bareLength, bare.contains(number.length) { return plan.country + digits }
        return clean(digits)
    }

    /// Without zeros where no number has any: before a country's code, and after it where they are dialled at home alone.
    private func clean(_ digits: some StringProtocol) -> String {
        let global = String(digits.drop { $0 == "0" })
        guard plan.country != "", nationalPrefix == "0", global.hasPrefix(plan.country) else { return global }
        return plan.country + global.dropFirst(plan.country.count).drop { $0 == "0" }
    }

    private var internationalPrefixes: [String] {
        [plan.international, country?.international ?? "00"].filter { !$0.isEmpty }
    }

    private var nationalPrefix: String {
        plan.national.isEmpty ? country?.national ?? (plan.country.isEmpty ? "" : "0") : plan.national
    }

    private func longest(_ number: String, isShort: Bool) -> Prefix? {
        let number = Array(number.utf8)
        return prefixes.first { $0.isShort == isShort && $0.matches(number) }
    }

    private mutating func add(
        _ beginnings: [String], _ numberClass: NumberClass, isShort: Bool = false, isOwn: Bool = false
    ) {
        prefixes += beginnings.map {
            Prefix(digits: Array($0.utf8), isShort: isShort, numberClass: numberClass, isOwn: isOwn)
        }
    }

    /// Which numbers a beginning is of, as the operator writes it.
    private func place(of beginning: String) -> (digits: String, isShort: Bool)? {
        guard NumberClasses.isBeginning(beginning) else { return nil }
        if beginning.hasPrefix("+") { return (String(beginning.dropFirst()), false) }
        for prefix in internationalPrefixes where beginning.hasPrefix(prefix) && beginning.count > prefix.count {
            return (String(beginning.dropFirst(prefix.count)), false)
        }
        if nationalPrefix == "0", beginning.hasPrefix("0") { return (plan.country + beginning.dropFirst(), false) }
        return (beginning, true)
    }
}
