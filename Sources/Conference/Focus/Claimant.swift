/// Somebody who asks from outside of any call, and what there is to say that it is who it says.
public struct Claimant: Sendable, Hashable {
    public let address: PeerAddress
    /// Whether that was proven, or somebody who is trusted vouches for it; as ever by XMPP servers.
    public let isProven: Bool
    /// The host that it asks from; nil where servers prove addresses.
    public let origin: String?

    public init(_ address: PeerAddress, isProven: Bool = false, origin: String? = nil) {
        self.address = address
        self.isProven = isProven || address.network == .xmpp
        self.origin = origin
    }
}
