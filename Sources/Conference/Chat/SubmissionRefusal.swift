public enum SubmissionRefusal: Error, Sendable, Hashable {
    /// 404, `item-not-found`.
    case noSuchRoom
    /// 403, `not-acceptable`: only who is in the room may write to it.
    case notInRoom
    /// 404, `item-not-found`: nobody in the room has that name.
    case noSuchParticipant(String)
    /// 480, `recipient-unavailable`: the addressee has no endpoint that takes text.
    case cannotRead(String)
    /// 480 with Retry-After, `resource-constraint`: it writes faster than it may.
    case tooMany
    /// 513, `policy-violation`.
    case tooLong
    /// 403, `forbidden`: it takes another role.
    case notAllowed(String)
    /// 403, `not-allowed`: it may be done, but not to that one, or by somebody else.
    case outranked(String)
    /// 409, `conflict`: somebody has to stay.
    case conflict(String)
    /// 406, `not-acceptable`: understood, and not possible here.
    case unacceptable(String)
    /// 503, `resource-constraint`: there are as many as may be.
    case exhausted(String)
    /// 400, `bad-request`: empty, or not understood.
    case malformed(String)
    /// Across the gateway: as RFC 7247 section 7 has it.
    case undelivered(DeliveryFailure)
}
