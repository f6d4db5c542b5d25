/// A call to be placed.
public struct OutgoingCall: Sendable, Hashable {
    /// The full target: `sip:100@127.0.0.1:5080`, or a bare JID whose devices are rung.
    public var target: PeerAddress
    /// Who is calling, as the called side is to see it: an address in one of our domains of the target's network.
    public var caller: PeerAddress
    public var displayName: String?
    /// Whether the caller is a conference (`isfocus`).
    public var isFocus: Bool
    public var referral: Referral?
    /// By which trunk; nil straight to the target's host.
    public var trunk: TrunkCall?
    /// The group call that it belongs to.
    public var group: GroupCallID?
    /// The account of ours by which the call goes out; `caller` is its address then.
    public var line: LineID?
    /// Why it does not stay where it was dialled.
    public var diversion: Diversion?
    /// How many hops it may take; nil for as many as usual.
    public var hops: Int?

    public init(
        target: PeerAddress, caller: PeerAddress, displayName: String?, isFocus: Bool, referral: Referral? = nil
    ) {
        self.target = target
        self.caller = caller
        self.displayName = displayName
        self.isFocus = isFocus
        self.referral = referral
    }
}
