import Conference

/// Keys that a phone is told one after another, each once the one before is answered.
struct OutgoingKeys {
    private static let limit = 32
    private(set) var waiting: [DTMFKey] = []
    private var isInFlight = false

    /// What is beyond the limit is dropped.
    mutating func add(_ key: DTMFKey) { if waiting.count < OutgoingKeys.limit { waiting.append(key) } }

    /// The key to be told now, if there is any.
    mutating func next() -> DTMFKey? {
        guard !isInFlight, !waiting.isEmpty else { return nil }
        isInFlight = true
        return waiting.removeFirst()
    }

    mutating func answered() { isInFlight = false }
}
