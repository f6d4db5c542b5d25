import Primitives
import Testing

@testable import Media

@Suite struct MixSilenceTests {
    private func packets(_ stage: Stage, _ slot: Int) -> [(tick: UInt64, header: RTPHeader, payload: [UInt8])] {
        stage.sent.filter { $0.slot == slot && $0.kind == .rtp }.compactMap { item in
            item.packet.withUnsafeBytes { bytes in
                RTPHeader(bytes).map { (item.tick, $0, Array($0.payload(in: bytes))) }
            }
        }
    }

    @Test func whoTalksAloneHasNothingEncoded() throws {
        let stage = Stage()
        try stage.add(.opus, steadyTone(440))
        stage.run(100)
        #expect(stage.room.work.encodes == 0)
        #expect(stage.room.work.decodes > 90)
        // One who listens has it encoded once a tick; no others.
        let listener = try stage.add(.opus) { _ in nil }
        stage.run(100)
        #expect((99...101).contains(stage.room.work.encodes))
        #expect(packets(stage, listener).count == 100)
        #expect((4...7).contains(packets(stage, 0).count))
        for _ in 0..<20 { try stage.add(.opus) { _ in nil } }
        stage.run(100)
        #expect((199...201).contains(stage.room.work.encodes))
    }

    @Test func aMixOfOnesOwnLastsAsLongAsOneTalks() throws {
        let stage = Stage()
        for tone in [440.0, 700] { try stage.add(.pcmu, steadyTone(tone)) }
        try stage.add(.pcmu) { _ in nil }
        stage.run(100)
        // Two of their own, and the common one.
        #expect((290...300).contains(stage.room.work.encodes))
        stage.voices[0] = { _ in Stage.silence }
        stage.run(30)
        let before = stage.room.work.encodes
        stage.run(100)
        // The common one alone: the other talks alone.
        #expect(stage.room.work.encodes - before == 100)
        #expect(stage.room.owns.count == 2)
        #expect(stage.room.special.count == 1)
    }

    @Test(arguments: AudioCodec.allCases)
    func aSilentRoomSendsWhatStandsForSilence(_ codec: AudioCodec) throws {
        let stage = Stage()
        try stage.add(codec, steadyTone(440))
        let listener = try stage.add(codec) { _ in nil }
        stage.run(100)
        stage.voices[0] = { _ in codec == .opus ? nil : Stage.silence }
        stage.run(60)
        // What was said has passed, then 200 ms of quiet; then one packet at once.
        let last = packets(stage, listener)
        #expect((10...40).contains(last.count), "\(last.count)")
        #expect(stage.isSilent)
        let before = stage.room.work
        stage.run(1000)
        #expect(stage.room.work == before && stage.isSilent)
        let quiet = packets(stage, listener)
        let interval = codec == .opus ? 20 : 10
        #expect(quiet.count == 1000 / interval)
        #expect(zip(quiet, quiet.dropFirst()).allSatisfy { $1.tick - $0.tick == UInt64(interval) })
        #expect(quiet.allSatisfy { !$0.header.marker && $0.header.csrcCount == 0 })
        // Timestamps go on with the time.
        let step = UInt32(interval) * codec.clockPerTick
        #expect(zip(quiet, quiet.dropFirst()).allSatisfy { $1.header.timestamp &- $0.header.timestamp == step })
        #expect(zip(quiet, quiet.dropFirst()).allSatisfy { $1.header.sequence == $0.header.sequence &+ 1 })
        #expect(quiet[0].payload.count == (codec == .opus ? 1 : 160))
        // The next spurt has the marker, on the same clock.
        stage.voices[0] = steadyTone(440)
        stage.run(20)
        let again = packets(stage, listener)
        #expect(again.first { $0.payload != quiet[0].payload }?.header.marker == true)
        if let one = again.last, let other = quiet.last {
            #expect(
                one.header.timestamp &- other.header.timestamp == UInt32(one.tick - other.tick) * codec.clockPerTick)
        }
    }

    @Test func comfortNoiseIsSentWhereAgreed() throws {
        let stage = Stage()
        try stage.add(.pcmu, steadyTone(440))
        let listener = try stage.add(.pcmu) { _ in nil }
        var agreed = settings(.pcmu, ssrc: 1101)
        agreed.comfortNoise = 13
        try stage.room.update(listener, agreed)
        stage.run(50)
        stage.voices[0] = { _ in Stage.silence }
        stage.run(200)
        let noise = packets(stage, listener).filter { $0.header.payloadType == 13 }
        #expect(noise.count >= 14 && noise.allSatisfy { $0.payload.count == 1 && $0.payload[0] == 75 })
        #expect(packets(stage, listener).suffix(10).allSatisfy { $0.header.payloadType == 13 })
    }

    @Test func packetsOfSilenceAreSpreadOverTheTicks() throws {
        let stage = Stage()
        for _ in 0..<200 { try stage.add(.opus) { _ in nil } }
        // Each stream begins with a packet.
        stage.run(1)
        #expect(stage.rtp == 200)
        stage.run(200)
        var counts: [UInt64: Int] = [:]
        for item in stage.sent where item.kind == .rtp { counts[item.tick, default: 0] += 1 }
        #expect(counts.count > 190 && counts.values.allSatisfy { $0 <= 12 })
    }

    @Test func listenersWithOtherWishesHaveAClassOfTheirOwn() throws {
        let stage = Stage()
        try stage.add(.opus, steadyTone(440))
        for _ in 0..<4 { try stage.add(.opus) { _ in nil } }
        var narrow = settings(.opus, ssrc: 1103)
        narrow.opus.maxPlaybackRate = 8000
        try stage.room.update(3, narrow)
        var alike = settings(.opus, ssrc: 1104)
        alike.opus.maxPlaybackRate = 8000
        try stage.room.update(4, alike)
        stage.run(50)
        let payloads = (1...4).map { packets(stage, $0).last?.payload ?? [] }
        #expect(payloads[0] == payloads[1] && payloads[2] == payloads[3] && payloads[0] != payloads[2])
        #expect((98...100).contains(stage.room.work.encodes))
        let counts = stage.room.kinds.map { stage.room.shared[$0]?.pointee.listeners ?? 0 }
        #expect(counts.reduce(0, +) == 5 && counts.sorted() == [2, 3])
    }

    @Test(arguments: [AudioCodec.opus, .pcmu])
    func packetsOfSixtyMillisecondsKeepTheirTime(_ codec: AudioCodec) throws {
        let stage = Stage()
        try stage.add(codec, steadyTone(440))
        let listener = try stage.add(codec) { _ in nil }
        try stage.room.update(listener, settings(codec, ssrc: 1101, packetTime: 60))
        stage.run(91)
        let sound = packets(stage, listener)
        stage.voices[0] = { _ in codec == .opus ? nil : Stage.silence }
        stage.run(200)
        let silence = packets(stage, listener)
        let pause = UInt64(7)
        stage.run(Int(pause))
        stage.voices[0] = steadyTone(440)
        stage.run(60)
        let all = sound + silence + packets(stage, listener)
        // Never backwards, and never twice the same for what differs.
        for (one, next) in zip(all, all.dropFirst()) {
            #expect(next.header.sequence == one.header.sequence &+ 1 || next.tick - one.tick > 6)
            #expect(Int32(bitPattern: next.header.timestamp &- one.header.timestamp) > 0)
        }
    }

    @Test func nobodyIsAllocatedForInSteadyState() throws {
        // Ears and encoders are those that were there before.
        let stage = Stage()
        for index in 0..<3 {
            let voice = steadyTone(440 + 200 * Double(index))
            try stage.add(.opus) { tick in (tick / 60 + UInt64(index)) % 3 == 0 ? nil : voice(tick) }
        }
        stage.run(400)
        let ears = stage.room.ears.count + stage.room.awakeCount
        stage.run(800)
        #expect(stage.room.ears.count + stage.room.awakeCount == ears)
        #expect(ears <= 3)
    }
}
