/// Who the other end of a call is, as a SIP peer may see it.
public struct ConnectedParty: Sendable, Hashable {
    public var address: PeerAddress
    public var displayName: String?
    /// The trunk behind which the peer is, and the number that is shown there; nil for who is behind none.
    public var trunk: TrunkCall?

    public init(address: PeerAddress, displayName: String?, trunk: TrunkCall? = nil) {
        self.address = address
        self.displayName = displayName
        self.trunk = trunk
    }
}
