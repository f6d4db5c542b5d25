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
        switch third(wish.target, wish.leg, bridge) {
        case .success(let third): return take(third, wish, bridge, now, wall)
        case .failure(.refused(let reason, let payer)): return told(.refused(reason)) + noteFailure(of: payer, reason)
        case .failure(.isThere): return told(.done)
        case .failure(.isTransferred): return told(.refused(.busy))
        case .failure(.full): return told(.refused(.full))
        }
    }

    /// `/add ADDRESS`
    mutating func add(
        _ typed: String, _ leg: LegID, _ bridge: Bridge, _ now: Instant, _ wall: WallTime
    ) -> (result: CallingIn, effects: [Effect]) {
        guard let address = dialPlan.typed(typed) else { return (.notUnderstood, []) }
        switch third(address, leg, bridge) {
        case .success(let third):
            let wish = CallAddition(id: nil, leg: leg, target: address)
            return (.calling(address), take(third, wish, bridge, now, wall))
        case .failure(.refused(let reason, let payer)):
            return (.refused(address, reason), noteFailure(of: payer, reason))
        case .failure(.isThere): return (.present(address), [])
        case .failure(.isTransferred): return (.transferring, [])
        case .failure(.full): return (.exhausted, [])
        }
    }

    /// Who is called in, and what the room is called that the call becomes.
    private struct Third {
        let target: PeerAddress
        let room: RoomName
    }

    /// Whom that address means, where who wants it is allowed to call that one across the gateway.
    private mutating func third(
        _ address: PeerAddress, _ leg: LegID, _ bridge: Bridge
    ) -> Result<Third, NoThird> {
        let target: PeerAddress
        let asked = call(by: leg, of: bridge, to: address)
        switch crossing(asked) {
        case .failure(let refusal): return .failure(.refused(refusal.reason, payer(of: asked)))
        case .success(let found): target = found
        }
        let others = [bridge.callerAddress.bare, bridge.target.bare]
        guard !others.contains(target.bare) else { return .failure(.isThere) }
        guard bridge.inCall.pending == nil else { return .failure(.isTransferred) }
        let most = min(
            configuration.maximumParticipants, configuration.policyOnUse.maximumParticipants ?? .max)
        guard let name = newRoomName(), mayMake(name, by: bridge.address(of: leg)), most > 2 else {
            return .failure(.full)
        }
        return .success(Third(target: target, room: name))
    }

    private mutating func take(
        _ third: Third, _ wish: CallAddition, _ bridge: Bridge, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        let effects = grow(bridge, into: third.room, by: wish.leg, wall)
        return effects + dial(third.target, for: invitation(wish, into: third.room), now, wall)
    }

    private func invitation(_ wish: CallAddition, into name: RoomName) -> Invitation {
        Invitation(
            id: wish.id, room: name, target: wish.target, displayName: wish.displayName, by: .leg(wish.leg),
            referral: wish.referral)
    }
}
