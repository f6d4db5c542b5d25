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
    /// How often the peer wants a keep-alive on the connection of the dialog.
    var keepAlive: Duration?
    var leg: LegID?
    /// By the `id` of the Event header; empty for none.
    var subscriptions: [String: ConferenceSubscription] = [:]

    /// REFERs whose progress is told in it (RFC 3515).
    var refers: Set<ReferID> = []
    /// Whether there was a REFER in it: the next ones are told apart by `id` (RFC 3515 section 2.4.6).
    var hadRefer = false

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
    /// Where it came from.
    let source: IPAddress
    var subscription: Subscription
    /// A full document that was asked for while a NOTIFY was on its way; all that follows is told after it.
    var waiting: ConferenceInfoNotice?
    var inFlight: ClientTransactionID?
}
