/// Why a call comes from elsewhere than it was dialled (RFC 5806).
public struct Diversion: Hashable, Sendable {
    public var from: PeerAddress
    /// `user-busy`, `no-answer`, `unavailable`, `deflection`.
    public var reason: String

    public init(from: PeerAddress, reason: String) {
        self.from = from
        self.reason = reason
    }
}
