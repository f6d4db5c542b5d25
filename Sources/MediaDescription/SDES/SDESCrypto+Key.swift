import Primitives

extension SDESCrypto {
    /// The attribute that gives a key (RFC 4568 section 9.1), without lifetime, MKI and session parameters.
    public init(tag: Int, _ key: SDESKey) {
        self.init(
            tag: tag, suite: key.suite.rawValue, keyParameters: "inline:" + Base64.encode(key.bytes.secret))
    }

    /// A key of our own for each suite, under the tags from 1.
    public static func fresh(_ entropy: Entropy, _ suites: [SDESSuite] = SDESSuite.preferred) -> [SDESCrypto] {
        suites.enumerated().compactMap { index, suite in
            SDESKey(suite, entropy.bytes(suite.keyLength)).map { SDESCrypto(tag: index + 1, $0) }
        }
    }

    /// The key, or nil when the attribute is not to be used: its suite is not ours or its key not of the suite's length,
    /// it breaks the grammar, names several keys, or has a session parameter that
    /// must be heeded (section 6.3) and would take protection away, derive keys anew, or is not known.
    public var key: SDESKey? {
        guard let suite = SDESSuite(rawValue: suite.uppercased()), areSessionParametersHarmless else { return nil }
        let method = "inline:"
        guard keyParameters.utf8.count <= SDESCrypto.longest, keyParameters.lowercased().hasPrefix(method) else {
            return nil
        }
        // Key and salt, lifetime, MKI; a `;` before a second key is no base 64 and no digit.
        let parts = keyParameters.dropFirst(method.count).split(separator: "|", omittingEmptySubsequences: false)
        guard let text = parts.first, parts.count <= 3 else { return nil }
        var rest = parts.dropFirst()
        var mkiLength = 0
        if let last = rest.last, let length = SDESCrypto.mkiLength(last) {
            mkiLength = length
            rest.removeLast()
        }
        guard rest.count <= 1, rest.allSatisfy(SDESCrypto.isLifetime) else { return nil }
        return SDESCrypto.bytes(text, suite.keyLength).flatMap { SDESKey(suite, $0, mkiLength: mkiLength) }
    }

    /// Longest key parameters that are read, in bytes: many times what any suite needs.
    private static let longest = 512

    /// A number of packets up to 2^48, in digits or as a power of two (section 6.1). The peer keeps to it by itself:
    /// it offers another key before.
    private static func isLifetime(_ text: Substring) -> Bool {
        if text.hasPrefix("2^") { return number(text.dropFirst(2)).map { $0 <= 48 } ?? false }
        return number(text).map { (1...1 << 48).contains($0) } ?? false
    }

    /// `1:4`, an identifier and its length of 1 to 128 bytes (section 6.1); gives the length.
    private static func mkiLength(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return number(parts[1]).flatMap { (1...128).contains($0) ? $0 : nil }
    }

    /// Digits alone.
    private static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// Exactly `count` bytes of base 64, padded or not.
    private static func bytes(_ text: Substring, _ count: Int) -> [UInt8]? {
        let digits = text.prefix { $0 != "=" }
        guard digits.utf8.count == (8 * count + 5) / 6, text.dropFirst(digits.count).allSatisfy({ $0 == "=" }),
            text.utf8.count - digits.utf8.count <= 2, let bytes = Base64.decode(digits), bytes.count == count
        else { return nil }
        return bytes
    }

    /// Session parameters (section 6.3): those with a hyphen may be passed over, a window size is a hint, and a key
    /// derivation rate of 0 is what there is without one.
    private var areSessionParametersHarmless: Bool {
        sessionParameters.split(whereSeparator: \.isWhitespace).allSatisfy { parameter in
            if parameter.hasPrefix("-") { return true }
            let (name, value) = (parameter.prefix { $0 != "=" }, parameter.drop { $0 != "=" }.dropFirst())
            return switch name.uppercased() {
            case "WSH": SDESCrypto.number(value).map { $0 >= 64 } ?? false
            case "KDR": SDESCrypto.number(value) == 0
            default: false
            }
        }
    }
}
