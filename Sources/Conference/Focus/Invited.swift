public import Primitives

/// By whom and when somebody was called into a room (RFC 4575 section 5.7.2).
public struct Invited: Sendable, Hashable {
    /// The bare address; nil for who does not tell who it is.
    public var by: PeerAddress?
    public var when: WallTime

    public init(by inviter: PeerAddress?, when: WallTime) {
        by = inviter
        self.when = when
    }
}
