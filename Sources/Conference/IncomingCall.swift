/// A call that arrives.
public struct IncomingCall: Sendable, Hashable {
    /// The full address: Contact-less SIP identity, or full JID.
    public var caller: PeerAddress
    /// The caller's own display name or nick, when given.
    public var displayName: String?
    /// What was dialled, as dialled.
    public var callee: PeerAddress
    /// Whether text can be delivered to this leg (`Allow: MESSAGE`; always so for XMPP).
    public var takesText: Bool
    /// Whether the caller has proven on the SIP side who it is, or somebody who is trusted vouches for it.
    public var isAuthenticated = false
    /// Who that proves the caller to be, where the caller hides it from whom it calls (RFC 3323).
    public var account: PeerAddress?
    /// The host that the call came from; nil where servers prove addresses.
    public var origin: String?
    /// Whether the room was made for this call.
    public var isMaker = false
    /// The call in a room that this one is to take the place of (RFC 3891).
    public var replaces: LegID?
    /// Who referred the caller, as the caller says (RFC 3892).
    public var referredBy: PeerAddress?
    /// The group call that the caller belongs to.
    public var group: GroupCallID?
    /// The account of ours elsewhere by which it comes; its registrar has let the call pass.
    public var line: LineID?
    /// From whom it was sent on (RFC 5806).
    public var diversions: [PeerAddress] = []
    /// How many more hops it may take (Max-Forwards); nil where the network does not count them.
    public var hops: Int?
    /// Languages that the caller reads, the best first, as tags (RFC 5646).
    public var languages: [String] = []

    public init(caller: PeerAddress, displayName: String?, callee: PeerAddress, takesText: Bool) {
        self.caller = caller
        self.displayName = displayName
        self.callee = callee
        self.takesText = takesText
    }
}
