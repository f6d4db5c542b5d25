import SIP

/// Texts on their way to one SIP phone: one at a time and in order.
struct OutgoingTexts {
    struct Text: Hashable {
        var senderName: String
        var isPrivate: Bool
        var contentType: String
        var body: [UInt8]
    }

    private static let limit = 100

    /// Whether the peer's Allow has MESSAGE.
    var isTaken = false
    /// Whether the peer's Accept has message/cpim.
    var takesCPIM = false
    /// The peer refused MESSAGE inside the dialog: it gets them outside, as most phones expect them.
    var isOutsideDialog = false
    private(set) var inFlight: (transaction: ClientTransactionID, text: Text, isOutside: Bool)?
    private var waiting: [Text] = []

    /// False when it had to be dropped because too many wait.
    mutating func add(_ text: Text) -> Bool {
        guard waiting.count < OutgoingTexts.limit else { return false }
        waiting.append(text)
        return true
    }

    /// The next text, if none is in flight.
    mutating func next() -> Text? {
        guard inFlight == nil, !waiting.isEmpty else { return nil }
        return waiting.removeFirst()
    }

    mutating func sent(_ text: Text, by transaction: ClientTransactionID, isOutside: Bool) {
        inFlight = (transaction, text, isOutside)
    }

    mutating func finished() { inFlight = nil }

    /// Puts a text back to be tried again first.
    mutating func again(_ text: Text) {
        inFlight = nil
        waiting.insert(text, at: 0)
    }
}
