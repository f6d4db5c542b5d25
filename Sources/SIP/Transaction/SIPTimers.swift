import Primitives

/// The base values of RFC 3261 section 17.1.1.1; all other timers are made from them.
public struct SIPTimers: Hashable, Sendable {
    /// Estimate of the round trip.
    public var t1: Duration
    /// Longest interval between retransmissions of non-INVITE requests and INVITE responses.
    public var t2: Duration
    /// How long a message may stay in the network.
    public var t4: Duration

    public init(t1: Duration = .milliseconds(500), t2: Duration = .seconds(4), t4: Duration = .seconds(5)) {
        self.t1 = t1
        self.t2 = t2
        self.t4 = t4
    }

    /// 64 × T1: timers B, F, H, J, L, M, and how long an unacknowledged 2xx is repeated.
    public var transactionTimeout: Duration { t1 * 64 }
    /// How long a target that says nothing is waited for when there is another: shorter than RFC 3263 section 4.3, where
    /// it is `transactionTimeout`, as whoever calls would have hung up by then.
    public var patience: Duration { t1 * 8 }
    /// The last resort for an INVITE that rings and is never answered, where its owner has set no earlier end: RFC 3261
    /// has none but a proxy's timer C.
    var longestRinging: Duration { transactionTimeout * 30 }
    /// Timer D: at least 32 s.
    public var timerD: Duration { max(.seconds(32), t1 * 64) }
}

/// What a transaction asks for.
enum TransactionAction: Hashable, Sendable {
    case send([UInt8])
    /// Hand the message to the transaction user.
    case pass(SIPMessage)
    /// Timer B, F or H fired.
    case timedOut
}

extension Instant {
    /// The earlier of the given instants; nil if none is given.
    static func earliest(_ instants: Instant?...) -> Instant? { instants.compactMap(\.self).min() }
}
