import Primitives

/// A third in a call of two: by REFER beside the call (RFC 4579 sections 5.5 and 5.6), or typed as `/add ADDRESS`.
extension Conference {
    /// One end calls somebody in: the call becomes a room; or it is one already, and this is as in any room.
    mutating func callIn(_ wish: CallAddition, _ now: Instant, _ wall: WallTime) -> [Effect] {
        func told(_ progress: RequestProgress) -> [Effect] { wish.id.map { [.progress($0, progress)] } ?? [] }
        guard let bridge = connected(wish.leg) else {
            guard let name = room(of: wish.leg) else { return told(.refused(.notFound)) }
            return invite(invitation(wish, into: name), now, wall)
        }
        let (result, effects) = add(wish, bridge, now, wall)
        return result.progress.map(told).map { $0 + effects } ?? effects
    }

    /// `/add ADDRESS`
    mutating func add(
        _ typed: String, _ leg: LegID, _ bridge: Bridge, _ now: Instant, _ wall: WallTime
    ) -> (result: CallingIn, effects: [Effect]) {
        guard let address = dialPlan.typed(typed) else { return (.notUnderstood, []) }
        return add(CallAddition(id: nil, leg: leg, target: address), bridge, now, wall)
    }

    /// Where who wants it is allowed to call that one across the gateway.
    private mutating func add(
        _ wish: CallAddition, _ bridge: Bridge, _ now: Instant, _ wall: WallTime
    ) -> (CallingIn, [Effect]) {
        let asked = call(by: wish.leg, of: bridge, to: wish.target)
        let target: PeerAddress
        switch crossing(asked) {
        case .failure(let refusal):
            return (.refused(wish.target, refusal.reason), noteFailure(of: payer(of: asked), refusal.reason))
        case .success(let found): target = found
        }
        let others = [bridge.callerAddress.bare, bridge.target.bare]
        guard !others.contains(target.bare) else { return (.present(wish.target), []) }
        guard bridge.inCall.pending == nil else { return (.transferring, []) }
        let most = min(
            configuration.maximumParticipants, configuration.policyOnUse.maximumParticipants ?? .max)
        guard let name = newRoomName(), mayMake(name, by: bridge.address(of: wish.leg)), most > 2 else {
            return (.exhausted, [])
        }
        let effects = grow(bridge, into: name, by: wish.leg, wall)
        return (.calling(wish.target), effects + dial(target, for: invitation(wish, into: name), now, wall))
    }

    private func invitation(_ wish: CallAddition, into name: RoomName) -> Invitation {
        Invitation(
            id: wish.id, room: name, target: wish.target, displayName: wish.displayName, by: .leg(wish.leg),
            referral: wish.referral)
    }
}
