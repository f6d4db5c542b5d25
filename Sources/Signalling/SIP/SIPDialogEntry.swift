import Conference
import ConferenceInfo
import Primitives
import SIP

/// A dialog and what uses it: a call, subscriptions, or both (RFC 5057).
struct SIPDialogEntry: Alarmed {
    var dialog: Dialog
    /// How the peer was last heard.
    var flow: SIPFlow
    /// Our Contact.
    var contact: NameAddress
    var leg: LegID?
    /// By the `id` of the Event header; empty for none.
    var subscriptions: [String: ConferenceSubscription] = [:]

    /// REFERs whose progress is told in it (RFC 3515).
    var refers: Set<ReferID> = []

    var isUnused: Bool { leg == nil && subscriptions.isEmpty && refers.isEmpty }

    /// When the next subscription expires.
    var nextWake: Instant? { subscriptions.values.compactMap(\.subscription.nextWake).min() }
}

/// Names one subscription.
struct Watcher: Hashable {
    let dialog: DialogID
    /// The `id` of the Event header; empty for none.
    let key: String
}

/// Somebody who watches a room (RFC 4575).
struct ConferenceSubscription {
    let room: RoomName
    var subscription: Subscription
    var publisher: ConferenceInfoPublisher
    /// Documents that wait for the NOTIFY before them to be answered, so that none overtakes another.
    var waiting: [ConferenceInfoDocument] = []
    var inFlight: ClientTransactionID?
}
