import Configuration
import Primitives

/// One value at a time: absent gives the default, and what does not fit is a mistake with the key's name.
extension SettingsReader {
    /// A scalar as text, whatever YAML took it for: a secret may look like a number.
    func text(_ name: String) -> String? {
        let key = ConfigKey(name)
        return reader.string(forKey: key, isSecret: true) ?? reader.int(forKey: key, isSecret: true).map(String.init)
            ?? reader.double(forKey: key, isSecret: true).map { "\($0)" }
            ?? reader.bool(forKey: key, isSecret: true).map { "\($0)" }
    }

    func string(_ name: String, default value: String) -> String { text(name) ?? value }

    /// A list, or a single value that stands for a list of one.
    func strings(_ name: String, default value: [String] = []) -> [String] {
        let found = reader.stringArray(forKey: ConfigKey(name)) ?? text(name).map { [$0] } ?? value
        return found.filter { !$0.isEmpty }
    }

    func bool(_ name: String, default value: Bool) throws -> Bool {
        guard let found = text(name) else { return value }
        switch found.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw SettingsMistake(key: name, problem: "is `\(found)`; it may be true or false")
        }
    }

    func int(_ name: String, default value: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let found = text(name) else { return value }
        guard let number = Int(found) else {
            throw SettingsMistake(key: name, problem: "is `\(found)`, which is no whole number")
        }
        guard range.contains(number) else {
            throw SettingsMistake(
                key: name, problem: "is \(number); it may be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func port(_ name: String, default value: UInt16) throws -> UInt16 {
        UInt16(try int(name, default: Int(value), in: 1...65_535))
    }

    func domain(_ name: String, default value: String) throws -> String {
        let text = string(name, default: value).lowercased()
        guard !text.isEmpty, !text.contains("@"), !text.contains("/"), !text.contains(" ") else {
            throw SettingsMistake(key: name, problem: "is `\(text)`, which is no domain name")
        }
        return text
    }

    func address(_ text: String, key: String) throws -> IPAddress {
        guard let address = IPAddress(text) else {
            throw SettingsMistake(key: key, problem: "has `\(text)`, which is no IP address")
        }
        return address
    }

    func addresses(_ name: String, default value: [String]) throws -> [IPAddress] {
        try strings(name, default: value).map { try address($0, key: name) }
    }

    func range(_ name: String, default value: ClosedRange<UInt16>) throws -> ClosedRange<UInt16> {
        let text = string(name, default: "\(value.lowerBound)-\(value.upperBound)")
        let parts = text.split(separator: "-").map { UInt16($0) }
        guard parts.count == 2, let low = parts[0], let high = parts[1], low > 0, high > low else {
            throw SettingsMistake(key: name, problem: "is `\(text)`, which is not LOW-HIGH")
        }
        return low...high
    }
}
