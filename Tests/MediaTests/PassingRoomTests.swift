import Primitives
import Testing

@testable import Media

@Suite struct PassingRoomTests {
    /// A room in which one speaks, with 200 ms of silence before each start of the words, and others listen.
    private func stage(
        _ listeners: [AudioCodec] = [.opus, .opus], levels: Bool = true, seconds: Int = 10,
        _ configuration: MixConfiguration = MixConfiguration()
    ) throws -> Stage {
        let stage = Stage(configuration, passes: true)
        try stage.add(.opus, levels: levels, voice(Speech.samples(0, seconds: seconds), from: 20))
        for codec in listeners { try stage.add(codec) { _ in nil } }
        return stage
    }

    @Test(arguments: [true, false]) func aLoneTalkersPacketsGoAsTheyCame(_ levels: Bool) throws {
        let stage = try stage([.opus, .opus, .opus, .opus], levels: levels)
        stage.run(60)
        #expect(stage.isPassing)
        let work = stage.room.work
        var said: [[UInt8]] = []
        stage.payloads[0] = { [peers = stage.peers, voices = stage.voices] tick in
            guard let samples = voices[0](tick) else { return nil }
            let memory = Memory()
            let length = peers[0].encoder.encode(samples, tick: tick, into: memory.bytes)
            said.append(memory.packet(length))
            return memory.packet(length)
        }
        stage.tellsLevel = []
        stage.peers[0].level = levels ? (20, isVoice: true) : nil
        stage.run(200)
        #expect(stage.room.work.decodes == work.decodes && stage.room.work.encodes == work.encodes)
        for listener in 1...4 {
            let heard = stage.payloads(to: listener)
            #expect(heard.count >= 199)
            // Some ticks later, all of them, one after the other.
            let first = said.firstIndex { $0 == heard[3].payload } ?? 0
            let isSame = heard.dropFirst(3).map(\.payload).elementsEqual(said[first...].prefix(heard.count - 3))
            #expect(isSame)
        }
        // The talker hears silence.
        #expect(stage.payloads(to: 0).allSatisfy { $0.payload.count == 1 })
    }

    @Test func aSecondTalkerBringsTheMixAndItsEndThePackets() throws {
        let stage = try stage([.opus, .opus, .opus])
        stage.voices[1] = voice(Speech.samples(1, seconds: 2), from: 100)
        let ears = [0, 1, 2, 3].map { Hearing($0) }
        var passed: [Bool] = []
        for _ in 0..<400 {
            stage.run(1)
            passed.append(stage.isPassing)
            for ear in ears { ear.tick(stage, stage.tick - 1) }
        }
        #expect(passed[60] && passed[90])
        #expect(!passed[110..<180].contains(true))
        #expect(passed[260...].contains(true))
        for ear in ears[2...] { #expect(ear.faults == 0 && ear.gaps == 0 && ear.longestPause < 25) }
        #expect(Goertzel.rms(ears[2].heard[110 * 960..<180 * 960]) > 500)
        // Who speaks hears the other only.
        #expect(Goertzel.rms(ears[1].heard[110 * 960..<180 * 960]) > 500)
    }

    @Test func whatIsLostBeforeUsIsMissingBehindUs() throws {
        let stage = try stage()
        let lost: Set<UInt64> = [80, 95, 96, 120, 121, 122]
        let voice = stage.voices[0]
        stage.run(60)
        let ear = Hearing(1)
        let peer = stage.peers[0]
        stage.payloads[0] = { tick in
            let memory = Memory()
            let length = peer.encoder.encode(voice(tick) ?? [], tick: tick, into: memory.bytes)
            guard lost.contains(tick) else { return memory.packet(length) }
            peer.leg.output.sequence &+= 1
            return nil
        }
        let work = stage.room.work
        for _ in 0..<100 {
            stage.run(1)
            ear.tick(stage, stage.tick - 1)
        }
        #expect(stage.room.work == work || stage.room.work.decodes == work.decodes)
        #expect(ear.gaps == lost.count && ear.faults == 0)
        let packets = ear.packets
        // What is lost makes the delay longer by a tick.
        #expect((99 - lost.count...100 - lost.count).contains(packets))
        #expect(ear.markers <= 1)
    }

    @Test func whoFallsSilentIsNotEncoded() throws {
        let stage = try stage(seconds: 3)
        stage.voices[0] = voice(Speech.samples(0, seconds: 3), from: 20, isSent: false)
        stage.run(60)
        let encodes = stage.room.work.encodes
        let ear = Hearing(1)
        for _ in 0..<400 {
            stage.run(1)
            ear.tick(stage, stage.tick - 1)
        }
        #expect(!stage.isPassing)
        #expect(stage.isSilent)
        #expect(stage.room.work.encodes == encodes)
        #expect(ear.gaps == 0 && ear.faults == 0)
        // 400 ms, as it does all the time.
        #expect(ear.longestPause < 25)
    }

    @Test func aTelephoneInTheRoomBringsTheMix() throws {
        let stage = try stage([.opus, .opus, .pcmu])
        stage.run(100)
        #expect(!stage.isPassing && stage.room.work.encodes > 50)
        let left = stage.room.remove(3) == nil
        #expect(!left)
        stage.run(150)
        #expect(stage.isPassing)
        let phone = try MediaLeg(settings(.pcmu, ssrc: 5555), clock: clock, seed: 9)
        let slot = stage.room.add(phone) ?? -1
        stage.run(2)
        #expect(!stage.isPassing)
        #expect(stage.payloads(to: slot).count == 2)
    }

    @Test func itCanBeSwitchedOff() throws {
        let stage = Stage()
        try stage.add(.opus, voice(Speech.samples(0)))
        try stage.add(.opus) { _ in nil }
        stage.run(200)
        #expect(!stage.isPassing && stage.room.work.encodes > 150)
    }

    @Test func whoIsMutedOrLeavesFadesAway() throws {
        for leaves in [true, false] {
            let stage = try stage()
            stage.run(100)
            #expect(stage.isPassing)
            if leaves { _ = stage.room.remove(0) } else { stage.room.setMuted(0, true) }
            stage.voices[0] = { _ in nil }
            let ear = Hearing(1)
            for _ in 0..<60 {
                stage.run(1)
                ear.tick(stage, stage.tick - 1)
            }
            #expect(!stage.isPassing && stage.room.awakeCount == 0)
            #expect(ear.packets >= 10 && ear.faults == 0 && ear.gaps == 0)
            #expect(Goertzel.rms(ear.heard[960 * 4..<960 * 10]) < 100)
        }
    }

    @Test func whoNeedsGainIsPassedUntilThatIsKnownAndMixedFromThenOn() throws {
        for (level, passes) in [(-21.0, true), (-35.0, false)] {
            var configuration = MixConfiguration()
            configuration.passThrough = true
            var room = MixRoom(capacity: 4, configuration: configuration)
            let peer = try Peer(settings(.opus), frequency: 440)
            for ssrc in 0..<UInt32(2) {
                let leg = try MediaLeg(settings(.opus, ssrc: ssrc + 10), clock: clock, seed: 3)
                _ = room.add(leg)
            }
            let speech = Speech.samples(0, seconds: 12, level: level)
            var batch = PacketBatch(capacity: 16)
            var passed: [Int] = []
            for tick in 0..<600 {
                let packet = peer.send(UInt64(tick), Array(speech[tick * 960..<tick * 960 + 960])) ?? []
                let now = milliseconds(Int64(tick) * 20)
                packet.withUnsafeBytes { _ = room.receive(0, $0, at: now) }
                room.tick(due: now + .milliseconds(15), now: now, into: &batch)
                batch.removeAll()
                if room.passing.isOn { passed.append(tick) }
            }
            // Until it is known, what is heard is what would be heard in the mix.
            #expect((passed.first ?? 600) < 50, "\(level) \(passed.first ?? 600)")
            let last = passed.last ?? 600
            #expect(passes ? last > 500 && passed.count > 400 : last < 350, "\(level) \(last) \(passed.count)")
            let gain = room.table.leg(0).pointee.gain.decibels
            #expect(passes ? abs(gain) <= Passing.tolerance : gain > 2, "\(level) \(gain)")
        }
    }
}
