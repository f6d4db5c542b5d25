extension LoadOptions {
    /// Who listens for the marker: a few of participant 0's room, spread over it.
    var markerListening: [Int] {
        guard marker else { return [] }
        let others = min(roomSize ?? participants, participants) - 1
        let count = min(markerListeners, others)
        guard count > 0 else { return [] }
        return (0..<count).map { 1 + $0 * others / count }
    }

    /// What cannot be done, told before it is tried; nil when all is well.
    public var mistake: String? {
        if participants < 1 || participants > 50_000 { return "participants must be 1 to 50000" }
        if let roomSize, roomSize < 1 { return "a room has at least one participant" }
        if talkers < 0 || ramp < 0 || duration <= .zero || warmUp < .zero { return "times and numbers are positive" }
        if !(0...1).contains(loss) || jitter < .zero || jitter > .seconds(1) {
            return "loss is 0 to 100 %, jitter 0 to 1000 ms"
        }
        if !(6_000...510_000).contains(opusBitRate) { return "Opus has 6000 to 510000 bits a second" }
        for track in recordings + sounds where !(0..<participants).contains(track.participant) {
            return "there is no participant \(track.participant); the first is 0"
        }
        if bad.values.contains(where: { !(0...1).contains($0) }) { return "shares are 0 to 1" }
        if case .sip(let target, _) = scenario, rooms > 1, !target.contains("%d") {
            return "with several rooms the target needs %d for the room's number"
        }
        if case .jingle(_, _, _, let room) = scenario {
            if rooms > 1, !room.contains("%d") { return "with several rooms the room needs %d for its number" }
            if security != .dtls { return "Jingle media is always DTLS-SRTP" }
        }
        if case .gateway = scenario {
            if !participants.isMultiple(of: 2) { return "calls across a gateway have two participants each" }
            if security != .plain { return "calls across a gateway are plain" }
        } else if calleeCodec != nil {
            return "only who is called across a gateway has a codec of its own"
        }
        if case .rtp = scenario, security != .plain { return "RTP without signalling is plain" }
        return nil
    }
}
