import Primitives

/// What may come from, and go to, a host (RFC 8656 section 9). Asked for → granted until → … renewed while in use.
struct TURNPermission: Sendable {
    enum State: Hashable, Sendable {
        case asked
        case granted(until: Instant)
        /// Not asked for again before.
        case refused(until: Instant)
    }

    var state = State.asked
    /// A renewal is under way.
    var isRenewing = false
    var lastUse: Instant

    var isGranted: Bool { if case .granted = state { true } else { false } }
}

/// A channel of a peer (RFC 8656 section 12).
struct TURNChannel: Sendable {
    let number: UInt16
    /// Nil until it is bound for the first time.
    var expires: Instant?
    /// Renewed while it is.
    var isWanted = true
    var isAsked = true
}
