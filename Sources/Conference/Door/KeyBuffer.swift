import Primitives

/// The keys that somebody in a room pressed, until they mean something.
struct KeyBuffer: Sendable {
    private var keys = ""
    private var last = Instant.zero
    /// The digits of a PIN that are being given.
    private var pin: String?

    enum Meaning: Sendable, Hashable {
        case action(KeyActions.Action)
        case pin(String)
    }

    static let pause = Duration.seconds(5)

    /// What the key completes; keys that belong to nothing, or come late, are forgotten.
    mutating func press(_ key: DTMFKey, _ actions: KeyActions, at now: Instant) -> Meaning? {
        if now - last > KeyBuffer.pause { self = KeyBuffer() }
        last = now
        if let digits = pin {
            if key.character == "#" {
                pin = nil
                return .pin(digits)
            }
            pin = key.isDigit && digits.count < 64 ? digits + String(key.character) : nil
            return nil
        }
        keys.append(key.character)
        if !actions.isBeginning(keys) { keys = actions.isBeginning(String(key.character)) ? String(key.character) : "" }
        guard let action = actions.action(of: keys) else { return nil }
        keys = ""
        guard action == .pin else { return .action(action) }
        pin = ""
        return nil
    }
}
