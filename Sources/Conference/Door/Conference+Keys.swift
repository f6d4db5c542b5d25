import Primitives

/// What keys do: at the door they give the PIN, in the room they are commands.
extension Conference {
    mutating func key(_ leg: LegID, _ key: DTMFKey, _ now: Instant, _ wall: WallTime) -> [Effect] {
        switch legs[leg] {
        case .atDoor(let name, let door): return doorKey(key, leg, name, door, now, wall)
        case .inRoom(let name, let participant, let endpoint):
            var buffer = keyBuffers[leg] ?? KeyBuffer()
            let meaning = buffer.press(key, configuration.keys, at: now)
            keyBuffers[leg] = buffer
            guard let meaning, let who = states[name]?.room.participants[participant] else { return [] }
            return carryOut(meaning, leg, endpoint, who, name, now, wall)
        case .bridged(let caller): return passOn(key, from: leg, caller)
        case .entering, .leaving, .dialled, nil: return []
        }
    }

    private mutating func carryOut(
        _ meaning: KeyBuffer.Meaning, _ leg: LegID, _ endpoint: EndpointID, _ who: Participant, _ name: RoomName,
        _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard let room = states[name]?.room else { return [] }
        let isMuted = room.endpoint(endpoint)?.endpoint.isMuted ?? false
        // Others read of what keys do.
        if case .action = meaning, !mayWrite(who, now) { return [] }
        let wish: Moderation
        var word: [Sound]
        switch meaning {
        case .pin(let digits): (wish, word) = (.pin(digits), [])
        case .action(.mute): (wish, word) = isMuted ? (.unmute(.oneself), [.unmuted]) : (.mute(.oneself), [.muted])
        case .action(.hand):
            (wish, word) = (.hand(!who.hasHandUp, .oneself), [who.hasHandUp ? .handDown : .handUp])
        case .action(.lock): (wish, word) = (.lock(!room.isLocked), [])
        case .action(.muteAll): (wish, word) = (.mute(.all), [])
        case .action(.record): (wish, word) = (.record(room.recording == nil), [])
        case .action(.count):
            return [play(Sound.count(room.participants.count) + names(in: name), to: leg, in: name)]
        case .action(.pin): return []
        }
        let verdict = moderate(wish, by: who, in: name, now, wall)
        if case .refused = verdict.outcome {
            word = wish.isPIN ? [.wrongPIN] : wish == .record(true) && who.role == .moderator ? [.cannotRecord] : []
        }
        return verdict.effects + (word.isEmpty ? [] : [play(word, to: leg, in: name)])
    }
}

extension Moderation {
    var isPIN: Bool { if case .pin = self { true } else { false } }
}
