import Primitives

/// Invitations that the room passes on for its occupants (XEP-0045 section 7.8.2).
extension Conference {
    static let invitationsAtATime = 20

    /// An occupant invites: a number is called, anybody else gets the room's message; a member is made where only
    /// members come in, if who invites may do that.
    mutating func invite(
        _ id: SubmissionID, _ name: RoomName, _ inviter: PeerAddress, _ invitees: [MUCInvitation], _ now: Instant,
        _ wall: WallTime
    ) -> [Effect] {
        func refused(_ refusal: SubmissionRefusal) -> [Effect] { [.submitted(id, .refused(refusal))] }
        guard let state = states[name] else { return refused(.noSuchRoom) }
        guard let sender = state.room.participants.occupant(inviter)?.participant else { return refused(.notInRoom) }
        guard !invitees.isEmpty, invitees.count <= Conference.invitationsAtATime else {
            return refused(.malformed("One to \(Conference.invitationsAtATime) at a time."))
        }
        var effects: [Effect] = []
        for var invitation in invitees {
            guard mayWrite(sender, now) else { return effects + refused(.tooMany) }
            let invitee = dialPlan.meant(by: invitation.invitee)
            let affiliation = state.affiliation(of: invitee)
            guard affiliation != .outcast else {
                return effects + refused(.notAllowed("\(invitation.invitee) is banned from the room."))
            }
            if state.settings.isMembersOnly, affiliation < .member {
                let governor = Governor(
                    affiliation: sender.affiliation, address: sender.address, name: sender.name)
                let change = AffiliationChange(.address(invitation.invitee), .member)
                let verdict = govern(.affiliate([change]), by: governor, in: name, now, wall)
                if case .refused(let refusal) = verdict.outcome { return effects + refused(refusal) }
                effects += verdict.effects
            }
            if dialPlan.isGateway(invitation.invitee.host) {
                let call = Invitation(
                    id: nil, room: name, target: invitation.invitee, by: .claimant(Claimant(inviter)))
                switch target(of: call) {
                case .success(let target?): effects += dial(target, for: call, now, wall)
                case .success(nil): break
                case .failure(let refusal):
                    return effects + refused(.notAllowed("\(refusal.reason.words).")) + noteFailure(of: call, refusal)
                }
                continue
            }
            invitation.password = state.policy.pin?.secret
            states[name]?.invited.note(invitee.bare, by: inviter)
            effects.append(.invited(name, invitation))
        }
        return effects + [.submitted(id, .accepted(id: entropy.uuid()))]
    }

    /// Somebody who was invited does not come, which who invited is told.
    mutating func decline(
        _ name: RoomName, _ invitee: PeerAddress, to inviter: PeerAddress, _ reason: String?
    ) -> [Effect] {
        guard let known = states[name]?.invited.answered(by: invitee.bare, inviter),
            states[name]?.room.participants.occupant(known) != nil
        else { return [] }
        return [.declined(name, MUCInvitation(inviter: known, invitee: invitee.bare, reason: reason))]
    }
}
