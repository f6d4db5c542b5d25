/// Somebody is to be called into a call of two that is up, by who is one end of it: the call becomes a room.
public struct CallAddition: Sendable, Hashable {
    /// Who waits for the outcome; nil for who hears of it by text alone.
    public var id: RequestID?
    /// Who wants it.
    public var leg: LegID
    /// As dialled.
    public var target: PeerAddress
    public var displayName: String?
    public var referral: Referral?

    public init(
        id: RequestID?, leg: LegID, target: PeerAddress, displayName: String? = nil, referral: Referral? = nil
    ) {
        self.id = id
        self.leg = leg
        self.target = target
        self.displayName = displayName
        self.referral = referral
    }
}
