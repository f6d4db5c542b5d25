/// What whoever runs the server wants done with a call.
public enum OperatorWish: Sendable, Hashable {
    /// A third is to be called in, as who called could: a number, a SIP address or a JID, as typed.
    case add(String, to: CallID)
    /// All that take part are to be hung up on.
    case end(CallID)
}

/// A wish that is waited for: made by the edge, echoed by the domain.
public struct OperatorRequestID: Hashable, Sendable {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}

/// What became of a wish; words are for people, without a full stop of their own where they are an address's.
public enum OperatorOutcome: Sendable, Hashable {
    case done(String)
    case refused(OperatorRefusal)
}

/// Why a wish is not done.
public struct OperatorRefusal: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// No such call.
        case noSuchCall
        /// What was typed is no address.
        case malformed
        /// Nothing leads to that address.
        case notFound
        /// It may not be called, for the caller or now.
        case forbidden
        /// Not as the call stands.
        case conflict
    }

    public let kind: Kind
    /// In a word, as in records of calls.
    public let word: String
    public let text: String

    public init(_ kind: Kind, _ word: String, _ text: String) {
        self.kind = kind
        self.word = word
        self.text = text
    }
}
