/// One end of a bridged call wants the other to be talking to somebody else (RFC 5589, XEP-0251).
public struct Transfer: Sendable, Hashable {
    /// Nil for who hears of it by the end of its call alone.
    public var id: RequestID?
    /// Who wants it.
    public var leg: LegID
    /// As dialled.
    public var target: PeerAddress
    public var displayName: String?
    public var referral: Referral?
    /// The second call of who wants it, whose other end is meant: an attended transfer.
    public var consultation: LegID?

    public init(
        id: RequestID?, leg: LegID, target: PeerAddress, displayName: String? = nil, referral: Referral? = nil,
        consultation: LegID? = nil
    ) {
        self.id = id
        self.leg = leg
        self.target = target
        self.displayName = displayName
        self.referral = referral
        self.consultation = consultation
    }
}
