import Primitives

/// `/call ADDRESS`: calls somebody into the room; what becomes of it is told to who asked.
extension Conference {
    mutating func call(
        _ text: String, for submission: Submission, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        let (result, effects) = call(text, into: submission.room, by: submission.requester, now, wall)
        let reply = result == .notUnderstood ? ChatCommand.callUsage : result.words
        return [.submitted(submission.id, .reply(reply))] + effects
    }

    mutating func call(
        _ typed: String, into room: RoomName, by requester: Requester, _ now: Instant, _ wall: WallTime
    ) -> (result: CallingIn, effects: [Effect]) {
        guard let address = dialPlan.typed(typed) else { return (.notUnderstood, []) }
        let invitation = Invitation(id: nil, room: room, target: address, by: requester)
        switch target(of: invitation) {
        case .failure(let refusal): return (.refused(address, refusal.reason), noteFailure(of: invitation, refusal))
        case .success(nil): return (.present(address), [])
        case .success(let target?): return (.calling(address), dial(target, for: invitation, now, wall))
        }
    }
}
