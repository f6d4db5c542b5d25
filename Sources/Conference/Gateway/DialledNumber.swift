/// The digits of what somebody dials, however they are dressed: separators, digits of other scripts, parameters, letters of
/// the keypad. Nil for a name.
struct DialledNumber: Sendable, Hashable {
    let digits: String
    /// Whether it begins with `+`.
    let isGlobal: Bool
    /// Whether it begins with `*` or `#`.
    let isCode: Bool
    /// How many characters are dialled, letters included.
    let length: Int

    private static let most = 64

    init?(_ text: String) {
        var digits = ""
        var (isGlobal, isCode, isNumber, length) = (false, false, false, 0)
        for scalar in text.unicodeScalars {
            guard length < DialledNumber.most, scalar != ";", scalar != ",", scalar != "@" else { break }
            if let digit = scalar.decimalDigit {
                isNumber = true
                if digits.count == length { digits.append(digit) }
                length += 1
            } else if scalar == "+" || scalar == "\u{ff0b}" {
                isGlobal = isGlobal || length == 0 && !isCode
                isNumber = true
            } else if scalar == "*" || scalar == "#" {
                isCode = isCode || length == 0 && !isGlobal
                isNumber = true
            } else if scalar.properties.isAlphabetic {
                guard isNumber else { return nil }
                length += 1
            }
        }
        guard isNumber else { return nil }
        self.digits = digits
        self.isGlobal = isGlobal
        self.isCode = isCode
        self.length = length
    }
}

extension Unicode.Scalar {
    fileprivate var decimalDigit: Character? {
        if ("0"..."9").contains(self) { return Character(self) }
        guard properties.numericType == .decimal, let value = properties.numericValue else { return nil }
        return (0..<10).contains(value) ? "0123456789".dropFirst(Int(value)).first : nil
    }
}
