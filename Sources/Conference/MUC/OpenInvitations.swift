/// Who was invited by whom, the last ones of them, so that nobody declines what was not offered.
struct OpenInvitations: Sendable, Hashable {
    private static let limit = 200
    private var invitations: [MUCInvitation] = []

    mutating func note(_ invitee: PeerAddress, by inviter: PeerAddress) {
        invitations.removeAll { $0.invitee == invitee && $0.inviter == inviter }
        invitations.append(MUCInvitation(inviter: inviter, invitee: invitee, reason: nil))
        if invitations.count > OpenInvitations.limit { invitations.removeFirst() }
    }

    /// The full address of who invited; an invitation is answered once.
    mutating func answered(by invitee: PeerAddress, _ inviter: PeerAddress) -> PeerAddress? {
        let index = invitations.lastIndex { $0.invitee == invitee && $0.inviter.bare == inviter.bare }
        return index.map { invitations.remove(at: $0).inviter }
    }
}
