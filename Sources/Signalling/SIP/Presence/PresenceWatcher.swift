import Conference
import Primitives
import SIP

/// A phone that watches somebody on the other side: the notifier's part of a subscription (RFC 3856, RFC 6665).
///
/// pending → active (granted) → terminated (refused, expired, ended); one that asked for nothing but a look (`Expires: 0`)
/// is told what is known as soon as that is something, and after two seconds at the latest.
struct PresenceWatcher: Alarmed {
    /// How long a look waits for something to be seen.
    static let patience = Duration.seconds(2)
    /// Least time between two documents that nobody asked for (RFC 3856 section 6.10).
    static let interval = Duration.seconds(5)

    let link: PresenceLink
    let source: IPAddress
    var dialog: Dialog
    var flow: SIPFlow
    let contact: NameAddress
    var subscription: Subscription
    var states: [PresenceState]?
    /// Until when a look waits; nil for a subscription that lasts.
    var lookUntil: Instant?
    var isInFlight = false
    /// Whether it has shown that it is there no more.
    var hasGone = false
    /// Whether it is among those that count; else its last NOTIFY does.
    var isCounted = true
    /// Whether there is something that was not told, and from when on it may be.
    var isDirty = false
    var mayTellAt = Instant.zero

    var nextWake: Instant? {
        [subscription.nextWake, lookUntil, isDirty && !isInFlight ? mayTellAt : nil].compactMap(\.self).min()
    }
}
