import Primitives
import SIP

/// Tells REFERs apart.
struct ReferID: Hashable, Sendable, Comparable {
    let value: UInt64
    static func < (a: ReferID, b: ReferID) -> Bool { a.value < b.value }
}

/// One REFER: the answer that it still waits for, and the implicit subscription to its progress (RFC 3515 section 2.4.4).
struct SIPRefer: Alarmed {
    /// How long a referrer is told that it will be told.
    static let subscriptionTime = 180

    var request: SIPMessage
    var transaction: ServerTransactionID
    /// Our Contact in the answer.
    var contact: NameAddress
    /// Where NOTIFYs go; nil when there is no subscription (RFC 4488).
    var dialog: DialogID?
    /// What the Event header of NOTIFYs says.
    var event: String
    var isAnswered = false
    /// How many of its targets are not refused yet, while it is not answered.
    var targets: Int
    /// Fragments that wait for the NOTIFY before them to be answered.
    var waiting: [String] = []
    /// The last fragment, for who asks again.
    var last = "SIP/2.0 100 Trying"
    var isInFlight = false
    /// Whether the last of `waiting` ends the subscription, and why.
    var isOver = false
    var reason = "noresource"
    /// When the subscription is over, whatever has become of the REFER.
    var endsAt: Instant?

    var nextWake: Instant? { isOver ? nil : endsAt }
}
