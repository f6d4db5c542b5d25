public import Primitives

/// The notifier's side of one subscription (RFC 6665 section 4.2).
///
/// Pending or active until it expires, is ended by the subscriber with `Expires: 0`, or by us; a terminated
/// subscription sends one last NOTIFY and no more. It belongs to a dialog, which it may share with a call.
public struct Subscription: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case pending, active
        /// With the reason for Subscription-State (RFC 6665 section 4.1.3): `timeout`, `noresource`, …
        case terminated(reason: String)
    }

    /// The event package and its parameters, `id` among them, as every NOTIFY repeats them.
    public let event: ParameterizedValue
    public private(set) var state: State
    private var expiresAt: Instant

    /// - Parameter seconds: what was granted and is said in the 200.
    public init(event: ParameterizedValue, seconds: UInt32, isPending: Bool = false, at now: Instant) {
        self.event = event
        state = isPending ? .pending : .active
        expiresAt = now + .seconds(Int64(seconds))
        if seconds == 0 { state = .terminated(reason: "timeout") }
    }

    /// When it expires; nil once it is terminated.
    public var nextWake: Instant? { isTerminated ? nil : expiresAt }
    public var isTerminated: Bool { if case .terminated = state { true } else { false } }

    /// Pending → active.
    public mutating func activate() { if state == .pending { state = .active } }

    /// A SUBSCRIBE within it: refreshed, or with 0 seconds ended (RFC 6665 section 4.2.1.2).
    public mutating func refresh(seconds: UInt32, at now: Instant) {
        guard !isTerminated else { return }
        expiresAt = now + .seconds(Int64(seconds))
        if seconds == 0 { terminate(reason: "timeout") }
    }

    public mutating func terminate(reason: String) {
        if !isTerminated { state = .terminated(reason: reason) }
    }

    /// Ends it when its time is over.
    /// - Returns: whether it ended now.
    public mutating func wake(at now: Instant) -> Bool {
        guard !isTerminated, expiresAt <= now else { return false }
        terminate(reason: "timeout")
        return true
    }

    /// Puts Event and Subscription-State on a NOTIFY (RFC 6665 section 4.2.2).
    public func stamp(_ notify: inout SIPMessage, at now: Instant) {
        notify.set("Event", event.description)
        let left = max(0, (expiresAt - now).nanoseconds / 1_000_000_000)
        switch state {
        case .pending: notify.set("Subscription-State", "pending;expires=\(left)")
        case .active: notify.set("Subscription-State", "active;expires=\(left)")
        case .terminated(let reason): notify.set("Subscription-State", "terminated;reason=\(reason)")
        }
    }
}
