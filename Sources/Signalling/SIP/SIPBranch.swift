import SIP

/// One of the phones that a call to an account rings.
struct SIPBranch {
    var invite: SIPMessage
    var flow: SIPFlow
    var contact: NameAddress
    /// How often the phone refused with 422, and was asked again.
    var longerSessions = 0
}

extension SIPLeg {
    /// Goes on as the call to one of the phones that it rings.
    mutating func adopt(_ branch: SIPBranch) {
        invite = branch.invite
        flow = branch.flow
        contact = branch.contact
    }

    /// The answer that stands for all when nobody came (RFC 3261 section 16.7): a decline for everybody, else what tells
    /// most of a person, else the least of what went wrong.
    var bestRefusal: Int {
        if let everywhere = refusals.first(where: { $0 >= 600 }) { return everywhere }
        for status in [486, 480, 488, 415] where refusals.contains(status) { return status }
        return refusals.filter { $0 != 408 && $0 != 503 }.min() ?? refusals.min() ?? 480
    }
}
