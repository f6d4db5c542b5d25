import Primitives
import Testing

@testable import Media

/// How a packet shows that there is voice in it.
enum Kind: CaseIterable, CustomStringConvertible {
    case level, silk, dtx, celt, constant, pcmu, pcma, g722
    var description: String {
        switch self {
        case .level: "level"
        case .silk: "SILK"
        case .dtx: "DTX"
        case .celt: "CELT"
        case .constant: "constant"
        case .pcmu: "PCMU"
        case .pcma: "PCMA"
        case .g722: "G722"
        }
    }

    var codec: AudioCodec {
        switch self {
        case .pcmu: .pcmu
        case .pcma: .pcma
        case .g722: .g722
        default: .opus
        }
    }
}

@Suite struct MixGateTests {
    private func add(_ kind: Kind, _ stage: Stage, _ voice: @escaping Stage.Voice) throws -> Int {
        var profile = OpusProfile.standard
        profile.isConstant = kind == .constant
        return try stage.add(
            kind.codec, levels: kind == .level, profile: profile, bitRate: kind == .celt ? 128_000 : 24000, voice)
    }

    /// Where `pattern` is found in `samples`, at most `range` from its own place.
    private func lag(_ samples: [Int16], _ pattern: [Int16], at place: Int, range: Int) -> Int {
        var best = 0
        var bestScore = -1.0
        for lag in stride(from: -range, through: range, by: 2) {
            var product = 0.0
            var energy = 1.0
            for index in stride(from: 0, to: 4800, by: 5) {
                let place = place + index + lag
                guard samples.indices.contains(place) else { continue }
                product += Double(samples[place]) * Double(pattern[index])
                energy += Double(samples[place]) * Double(samples[place])
            }
            if product / energy.squareRoot() > bestScore {
                bestScore = product / energy.squareRoot()
                best = lag
            }
        }
        return best
    }

    @Test(arguments: Kind.allCases)
    func theFirstSyllableIsNotLost(_ kind: Kind) throws {
        for seed in UInt64(1)...3 {
            let stage = Stage()
            let voice = speech(from: 150, noise: kind == .dtx ? -120 : -78, seed: seed)
            let talker = try add(kind, stage, voice)
            if kind == .dtx {
                var packets: [[UInt8]] = []
                let peer = stage.peers[talker]
                let memory = Memory()
                for tick in UInt64(0)..<200 {
                    let samples = voice(tick) ?? Stage.silence
                    let length = peer.encoder.encode(samples, tick: tick, into: memory.bytes)
                    packets.append(memory.packet(length))
                }
                stage.payloads[talker] = { tick in
                    tick < 140 ? (tick % 20 == 0 ? [packets[0][0] & 0xfc] : nil) : packets[Int(tick)]
                }
            }
            try stage.add(.pcmu) { _ in nil }
            let open = try Peer(settings(kind.codec, ssrc: 9), frequency: 440)
            for tick in UInt64(0)..<200 {
                if let packet = stage.packet(talker, tick) {
                    packet.withUnsafeBytes {
                        _ = stage.room.receive(talker, $0, at: stage.now(tick) + .milliseconds(3))
                    }
                    open.receive(packet, at: stage.now(tick) + .milliseconds(3))
                }
                open.hear(stage.now(tick) + .milliseconds(15))
                stage.step()
                // At its bit rate, CELT makes as much of noise as of speech: nobody could tell.
                if tick == 139, kind != .constant, kind != .celt {
                    #expect(stage.room.awakeCount == 0, "\(kind) asleep before")
                }
            }
            // Where it begins in the stream that was decoded all the time.
            let whole = open.heard
            guard let onset = (150 * 960..<190 * 960).first(where: { abs(Int(whole[$0])) > 300 }) else {
                Issue.record("nothing said")
                continue
            }
            let pattern = Array(whole[onset..<min(onset + 9600, whole.count)])
            let shift = lag(stage.mixed, pattern, at: onset, range: 2880)
            let first = Goertzel.rms(stage.mixed[(onset + shift)..<(onset + shift + 960)])
            let expected = Goertzel.rms(whole[onset..<onset + 960])
            #expect(first > expected * 0.75 && first < expected * 1.3, "\(kind) \(seed): \(first) of \(expected)")
        }
    }

    /// The largest step from a sample to the next.
    private func steepest(_ samples: some Collection<Int16>) -> Int {
        zip(samples, samples.dropFirst()).map { abs(Int($1) - Int($0)) }.max() ?? 0
    }

    @Test func nobodyClicksWhenTheyComeAndGo() throws {
        let stage = Stage()
        let talker = try stage.add(.opus, steadyTone(440))
        try stage.add(.opus) { _ in nil }
        stage.run(50)
        // A sine of 440 Hz at -12 dBFS has at most 475 between two samples.
        #expect(steepest(stage.mixed.suffix(4800)) > 400)
        stage.mixed.removeAll()
        stage.run(7)
        stage.room.setMuted(talker, true)
        stage.run(30)
        #expect(stage.room.awakeCount == 0)
        #expect(Goertzel.rms(stage.mixed.suffix(960 * 20)) == 0)
        stage.room.setMuted(talker, false)
        stage.run(20)
        #expect(Goertzel.rms(stage.mixed.suffix(960)) > 4000)
        // Out of the room at once, and in again.
        guard let leg = stage.room.remove(talker) else { return #expect(Bool(false)) }
        stage.step()
        stage.step()
        #expect(Goertzel.rms(stage.mixed.suffix(960)) == 0)
        let place = stage.room.add(leg)
        #expect(place == talker)
        stage.run(20)
        #expect(Goertzel.rms(stage.mixed.suffix(960)) > 4000)
        #expect(steepest(stage.mixed) < 620, "\(steepest(stage.mixed))")
    }

    @Test func aTalkerWhoChangesRoomsIsHeardOnTheWay() throws {
        let stage = Stage()
        let talker = try stage.add(.pcmu, steadyTone(440))
        stage.run(50)
        var other = MixRoom(capacity: 4)
        var batch = PacketBatch(capacity: 10)
        guard let leg = stage.room.remove(talker), let slot = other.add(leg) else { return #expect(Bool(false)) }
        #expect(other.awakeCount == 1 && stage.room.awakeCount == 0)
        for tick in UInt64(50)..<60 {
            if let packet = stage.packet(talker, tick) {
                packet.withUnsafeBytes { _ = other.receive(slot, $0, at: stage.now(tick) + .milliseconds(3)) }
            }
            other.tick(
                due: stage.now(tick) + .milliseconds(15), now: stage.now(tick) + .milliseconds(15), into: &batch)
            batch.removeAll()
            #expect(other.heard == 1)
        }
    }

    @Test func legsWithLevelsThatAreSilentAreNeverDecoded() throws {
        let stage = Stage()
        for _ in 0..<2000 { try stage.add(.opus, levels: true) { _ in Stage.silence } }
        let packet: [UInt8] = [15 << 3] + [UInt8](repeating: 0x81, count: 40)
        for slot in 0..<2000 { stage.payloads[slot] = { _ in packet } }
        stage.batch = PacketBatch(capacity: 5000)
        stage.run(15)
        #expect(stage.room.work == MixWork())
        #expect(stage.isSilent && stage.room.awakeCount == 0 && stage.room.count == 2000)
        #expect(stage.room.slotBound == 2000)
    }

    @Test func aSteadyToneThatSilkCallsInactiveIsHeard() throws {
        // What Opus makes of a tone that goes on, from where its activity bits go down.
        var configuration = MixConfiguration()
        configuration.opusBitRate = 20000
        var encoder = AudioEncoder(AudioEncoder.Class(codec: .opus, ticksPerPacket: 1), configuration)
        let voice = steadyTone(500, level: -25)
        let memory = Memory()
        var packets: [[UInt8]] = []
        for tick in 0..<UInt64(1000) {
            let length = encoder.encode(voice(tick) ?? [], tick: tick, into: memory.bytes)
            packets.append(memory.packet(length))
        }
        let inactive = packets.suffix(400).filter { $0.withUnsafeBytes { OpusActivity.isActive($0) } != true }
        // Where the encoder takes it for voice all along, its bits are put down by hand.
        let tone =
            inactive.count > 300
            ? Array(packets.suffix(400))
            : packets.suffix(400).map { packet in
                var packet = packet
                if packet.count > 1, packet[0] >> 3 < 16 { packet[1] &= 0x7f }
                return packet
            }
        let stage = Stage()
        let slot = try stage.add(.opus) { _ in nil }
        stage.payloads[slot] = { tone[Int($0) % 400] }
        stage.run(60)
        #expect(stage.room.awakeCount == 1)
        stage.run(340)
        #expect(stage.room.awakeCount == 1)
        #expect(Goertzel.rms(stage.mixed.suffix(48000)) > 400)
    }

    @Test(arguments: [24000, 128_000])
    func opusOfConstantSizeIsHeard(_ bitRate: Int) throws {
        let stage = Stage()
        var profile = OpusProfile.standard
        profile.isConstant = true
        let voice = speech(from: 200, seed: 8)
        try stage.add(.opus, profile: profile, bitRate: bitRate) { $0 > 400 ? voice($0) : Stage.silence }
        stage.run(401)
        #expect(Goertzel.rms(stage.mixed.suffix(9600)) < 20)
        stage.run(25)
        #expect(Goertzel.rms(stage.mixed.suffix(9600)) > 300)
    }

    @Test func theLoudestAreMixedAndStay() throws {
        var configuration = MixConfiguration()
        configuration.loudest = 3
        let stage = Stage(configuration)
        var levels = [-20.0, -21, -22, -23, -24]
        let tones = [400.0, 700, 1000, 1300, 1600]
        for index in tones.indices {
            var generator: [Double: Stage.Voice] = [:]
            try stage.add(.pcmu) { tick in
                let level = levels[index]
                if generator[level] == nil { generator[level] = steadyTone(tones[index], level: level) }
                return generator[level]?(tick)
            }
        }
        func heard() -> [Int] {
            tones.indices.filter { Goertzel.level(stage.mixed.suffix(4800), tones[$0]) > -40 }
        }
        stage.run(100)
        #expect(heard() == [0, 1, 2])
        // A little louder is not enough.
        levels[3] = -19
        stage.run(100)
        #expect(heard() == [0, 1, 2])
        // A lot is, after a tenth of a second.
        levels[4] = -10
        stage.run(3)
        #expect(heard() == [0, 1, 2])
        stage.run(20)
        #expect(heard() == [0, 1, 4])
        // Who is quiet makes place at once.
        levels[0] = -90
        stage.run(40)
        #expect(heard() == [1, 3, 4])
        #expect(stage.room.ranking.count == 3)
    }

    @Test func whoTellsTooLowALevelToBeMixedIsNotDecoded() throws {
        var configuration = MixConfiguration()
        configuration.loudest = 3
        let stage = Stage(configuration)
        for index in 0..<3 { try stage.add(.opus, levels: true, steadyTone(400 + 300 * Double(index), level: -12)) }
        stage.run(30)
        var level = -20.0
        let more = try stage.add(.opus, levels: true) { tick in steadyTone(1900, level: level)(tick) }
        stage.run(60)
        #expect(stage.room.awakeCount == 3)
        #expect(!stage.isAwake(more))
        level = -3
        stage.run(30)
        #expect(stage.isAwake(more))
        #expect(Goertzel.level(stage.mixed.suffix(4800), 1900) > -30)
        // The one who was left out is decoded no more.
        stage.run(60)
        #expect(stage.room.awakeCount == 3)
    }

    @Test func whoSleptForHoursWakesAtOnce() throws {
        let stage = Stage()
        let talker = try stage.add(.opus) { _ in nil }
        // Timestamps wrap within the first hour, sequence numbers too.
        stage.peers[talker].leg.output.base = UInt32.max - 48000 * 1800
        stage.peers[talker].leg.output.sequence = 65000
        stage.payloads[talker] = { _ in [15 << 3] }
        for _ in 0..<12_000 {
            stage.run(1)
            stage.tick += 19
            stage.room.skip(19)
            stage.sent.removeAll()
            stage.mixed.removeAll()
        }
        #expect(stage.room.awakeCount == 0)
        stage.payloads[talker] = nil
        let voice = steadyTone(440)
        stage.voices[talker] = { voice($0) }
        stage.run(3)
        #expect(stage.room.awakeCount == 1)
        #expect(Goertzel.rms(stage.mixed.suffix(960)) > 3000)
        #expect(stage.room.statistics(talker)?.packetsLost == 0)
    }

    @Test func theMutedAreNotDecodedAndHearAllTheSame() throws {
        let stage = Stage()
        let muted = try stage.add(.opus, steadyTone(440))
        stage.room.setMuted(muted, true)
        let talker = try stage.add(.opus, steadyTone(1000))
        stage.run(50)
        #expect(stage.room.awakeCount == 1)
        #expect(stage.rtp > 40 && stage.sent.filter { $0.slot == muted && $0.kind == .rtp }.count > 40)
        #expect(Goertzel.level(stage.mixed.suffix(9600), 440) < -60)
        #expect(stage.room.statistics(muted)?.packetsReceived == 50)
        stage.room.setMuted(talker, true)
        stage.run(30)
        #expect(stage.room.awakeCount == 0)
    }

    @Test func keysOfOneWhoSleepsAreHeard() throws {
        let stage = Stage()
        let slot = try stage.add(.pcmu) { _ in Stage.silence }
        stage.run(20)
        var packet = stage.packet(slot, stage.tick) ?? []
        packet[1] = 101
        packet.replaceSubrange(12..., with: [5, 10, 0, 160])
        packet.withUnsafeBytes { _ = stage.room.receive(slot, $0, at: stage.now(stage.tick)) }
        #expect(stage.room.awakeCount == 0)
        var events: [LegEvent] = []
        while let next = stage.room.nextEvent() { events.append(next.event) }
        #expect(events == [.source(100), .digit(5)])
    }

    @Test func anotherSourceOfOneWhoSleepsIsHeard() throws {
        let stage = Stage()
        let slot = try stage.add(.pcmu) { _ in Stage.silence }
        stage.run(50)
        // Half a second of nothing, then another source with other numbers.
        stage.voices[slot] = { _ in nil }
        stage.run(30)
        let other = try Peer(settings(.pcmu, ssrc: 777), frequency: 500)
        other.leg.output.base = 99
        stage.peers[slot] = other
        let voice = steadyTone(500)
        stage.voices[slot] = { voice($0) }
        stage.run(5)
        #expect(stage.room.awakeCount == 1)
        #expect(Goertzel.rms(stage.mixed.suffix(960)) > 3000)
        #expect(stage.room.table.leg(slot).pointee.source.ssrc == 777)
    }

    @Test func aTickIsReadyAsSoonAsAllWhoSpeakAreThere() throws {
        let stage = Stage()
        let first = try stage.add(.pcmu, steadyTone(440))
        let second = try stage.add(.pcmu, steadyTone(1000))
        try stage.add(.pcmu) { _ in Stage.silence }
        #expect(!stage.isReady(stage.now(0)))
        stage.run(100)
        var early = 0
        for _ in 0..<50 {
            let due = stage.now(stage.tick) + .milliseconds(15)
            func give(_ slot: Int) -> Bool {
                guard let packet = stage.packet(slot, stage.tick) else { return false }
                return packet.withUnsafeBytes {
                    stage.room.receive(slot, $0, at: stage.now(stage.tick) + .milliseconds(3))
                }
            }
            // What is buffered for jitter may be enough already.
            let before = stage.isReady(due)
            #expect(give(first) && give(second))
            #expect(!give(2))
            if stage.isReady(due) || before { early += 1 }
            stage.step()
        }
        #expect(early >= 45, "\(early)")
    }
}
