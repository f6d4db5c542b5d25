/// What keys in a call do: each action has a sequence of its own, or none.
public struct KeyActions: Sendable, Hashable {
    public enum Action: String, Sendable, Hashable, CaseIterable {
        case mute, hand, lock, count, pin, record
        case muteAll = "mute-all"
    }

    public var sequences: [Action: String]

    public init(
        _ sequences: [Action: String] = [
            .mute: "*6", .hand: "*5", .lock: "*9", .count: "*3", .muteAll: "*7", .record: "*8",
            .pin: "*0",
        ]
    ) { self.sequences = sequences }

    /// Two to four keys that begin with `*` or `#` and go on with others, so that none begins within another.
    public static func isSequence(_ text: String) -> Bool {
        guard (2...4).contains(text.count), let first = text.first, first == "*" || first == "#" else { return false }
        return text.dropFirst().allSatisfy { DTMFKey($0)?.character == $0 && $0 != "*" && $0 != "#" }
    }

    /// Whether no sequence is the beginning of another.
    public var isUnambiguous: Bool {
        let all = sequences.values.sorted()
        return zip(all, all.dropFirst()).allSatisfy { !$1.hasPrefix($0) }
    }

    func action(of keys: String) -> Action? { sequences.first { $0.value == keys }?.key }

    func isBeginning(_ keys: String) -> Bool { sequences.values.contains { $0.hasPrefix(keys) } }
}
