import Primitives
import Testing

@testable import Media

/// Legs of a group call: they have each other's voices already.
@Suite struct MixGroupTests {
    private static let tones = [440.0, 700, 1000, 1300, 1850]

    /// Legs that each say a tone of their own, and what they hear after a while.
    private final class Party {
        let stage: Stage
        var ears: [Hearing] = []

        init(_ codecs: [AudioCodec], groups: [UInt8], silent: Set<Int> = [], passes: Bool = false) throws {
            stage = Stage(passes: passes)
            for (index, codec) in codecs.enumerated() {
                let isSilent = silent.contains(index)
                let tone = steadyTone(tones[index], level: -20)
                try stage.add(codec) { isSilent ? nil : tone($0) }
                stage.room.setGroup(index, groups[index])
                ears.append(Hearing(index, codec))
            }
        }

        func run(_ ticks: Int) {
            for _ in 0..<ticks {
                stage.run(1)
                for ear in ears { ear.tick(stage, stage.tick - 1) }
            }
        }

        /// Whose tones a leg hears, of the last second.
        func heard(by listener: Int) -> Set<Int> {
            let samples = ears[listener].heard.suffix(48000)
            return Set(ears.indices.filter { Goertzel.level(samples, tones[$0]) > -40 })
        }

        func hears(_ listener: Int, _ talker: Int) -> Double {
            Goertzel.level(ears[listener].heard.suffix(48000), tones[talker])
        }

        var encodes: UInt64 { stage.room.work.encodes }
        var groups: Int { stage.room.groups.count }
        var isIdle: Bool { stage.room.isIdle }
    }

    @Test(arguments: [
        [AudioCodec.opus, .opus, .opus, .pcmu], [.opus, .g722, .pcmu, .opus], [.pcma, .pcma, .g722, .g722],
    ])
    func aGroupHearsTheOthersAndNotItself(_ codecs: [AudioCodec]) throws {
        let party = try Party(codecs, groups: [1, 1, 0, 0])
        party.run(150)
        #expect(party.heard(by: 0) == [2, 3])
        #expect(party.heard(by: 1) == [2, 3])
        #expect(party.heard(by: 2) == [0, 1, 3])
        #expect(party.heard(by: 3) == [0, 1, 2])
        for talker in [0, 1] {
            for listener in [0, 1] { #expect(party.hears(listener, talker) < -60) }
        }
        #expect(abs(party.hears(0, 2) + 20) < 1)
        for ear in party.ears { #expect(ear.faults == 0 && ear.gaps == 0) }
    }

    @Test func twoGroupsHearEachOther() throws {
        let party = try Party([.opus, .opus, .opus, .opus], groups: [1, 1, 4, 4])
        party.run(150)
        #expect(party.heard(by: 0) == [2, 3])
        #expect(party.heard(by: 3) == [0, 1])
    }

    @Test func aGroupsMixIsEncodedOnceForAllOfIt() throws {
        let party = try Party([.opus, .opus, .opus, .opus, .opus], groups: [1, 1, 1, 1, 0])
        party.run(100)
        let before = party.encodes
        party.run(50)
        // One for the group, and the phone's own.
        #expect(party.encodes - before == 100)
    }

    @Test func theGroupIsNotNamedToItself() throws {
        let stage = Stage()
        for index in 0..<3 {
            let ssrc = UInt32(index) + 100
            stage.peers.append(try Peer(settings(.opus, ssrc: ssrc), frequency: 440))
            stage.voices.append(steadyTone(Self.tones[index]))
            let leg = try MediaLeg(
                settings(.opus, ssrc: ssrc + 1000, mixerLevelID: 2), clock: clock, seed: UInt64(ssrc))
            let slot = stage.room.add(leg)
            #expect(slot == index)
        }
        stage.room.setGroup(0, 2)
        stage.room.setGroup(1, 2)
        stage.run(100)
        func sources(to slot: Int) -> Set<UInt32> {
            guard let packet = stage.sent.last(where: { $0.slot == slot && $0.kind == .rtp })?.packet else { return [] }
            let count = Int(packet[0] & 0xf)
            return Set(
                (0..<count).map { place in
                    packet[(12 + place * 4)..<(16 + place * 4)].reduce(0) { $0 << 8 | UInt32($1) }
                })
        }
        #expect(sources(to: 0) == [102])
        #expect(sources(to: 1) == [102])
        #expect(sources(to: 2) == [100, 101])
    }

    @Test func whoIsMutedAtOnceDoesNotSoundInItsGroup() throws {
        let party = try Party([.opus, .pcmu, .pcmu], groups: [1, 1, 0], silent: [1, 2])
        party.run(60)
        party.stage.room.setMuted(0, true)
        party.run(5)
        #expect((party.ears[1].heard.suffix(960 * 60).map { abs(Int($0)) }.max() ?? 0) < 50)
        #expect((party.ears[2].heard.suffix(960 * 60).map { abs(Int($0)) }.max() ?? 0) > 1000)
    }

    // MARK: One who talks alone

    @Test func aLoneTalkerOfTheGroupIsPassedToTheOthersOnly() throws {
        let party = try Party([.opus, .opus, .opus, .opus], groups: [1, 1, 0, 0], silent: [0, 1, 2, 3], passes: true)
        party.stage.voices[0] = voice(Speech.samples(0, seconds: 10), from: 20)
        party.run(100)
        #expect(party.stage.isPassing)
        let encodes = party.encodes
        party.stage.sent.removeAll()
        party.run(1)
        party.run(100)
        #expect(party.encodes == encodes)
        #expect(party.stage.isPassing)
        #expect(Goertzel.rms(party.ears[2].heard.suffix(48000)) > 100)
        #expect(Goertzel.rms(party.ears[1].heard.suffix(48000)) < 10)
        #expect(Goertzel.rms(party.ears[0].heard.suffix(48000)) < 10)
        #expect(party.ears[1].faults == 0)
    }

    @Test func aLoneTalkerFromOutsideIsPassedToTheGroupToo() throws {
        let party = try Party([.opus, .opus, .opus, .opus], groups: [0, 1, 1, 0], silent: [0, 1, 2, 3], passes: true)
        party.stage.voices[0] = voice(Speech.samples(0, seconds: 10), from: 20)
        party.run(100)
        #expect(party.stage.isPassing)
        let encodes = party.encodes
        party.run(100)
        #expect(party.encodes == encodes)
        let passed = party.ears[3].heard.suffix(48000)
        #expect(Array(party.ears[1].heard.suffix(48000)) == Array(passed))
        #expect(Goertzel.rms(passed) > 100)
        // One of the group speaks up: the mix takes over without a seam, and goes as it came.
        let start = party.stage.tick
        let more = voice(Speech.samples(1, seconds: 2), from: start)
        party.stage.voices[1] = { $0 < start + 100 ? more($0) : nil }
        party.run(60)
        #expect(!party.stage.isPassing)
        for ear in party.ears[1...] { #expect(ear.faults == 0 && ear.gaps == 0 && ear.longestPause < 25) }
        var isPassedAgain = false
        for _ in 0..<300 {
            party.run(1)
            isPassedAgain = isPassedAgain || party.stage.isPassing
        }
        #expect(isPassedAgain)
        for ear in party.ears[1...] { #expect(ear.faults == 0 && ear.gaps == 0 && ear.longestPause < 25) }
    }

    // MARK: Alone

    @Test func whatIsPlayedToOneIsHeardBesideTheOthers() throws {
        let party = try Party([.opus, .opus, .opus], groups: [1, 1, 0])
        party.run(60)
        var tone = ToneGenerator(frequency: 3000, level: -20)
        var samples: [Int16] = []
        while samples.count < 2 * 48000 { samples += frame(&tone) }
        party.stage.room.play([Recording(samples)], to: 0)
        party.run(70)
        #expect(Goertzel.level(party.ears[0].heard.suffix(48000), 3000) > -25)
        #expect(Goertzel.level(party.ears[1].heard.suffix(48000), 3000) < -60)
        #expect(party.heard(by: 0) == [2])
        party.run(120)
        #expect(party.heard(by: 0) == [2])
        party.stage.room.setDeaf(0, true)
        party.run(60)
        #expect(party.heard(by: 0) == [])
        #expect(party.heard(by: 1) == [2])
        party.stage.room.setDeaf(0, false)
        party.run(60)
        #expect(party.heard(by: 0) == [2])
        #expect(party.heard(by: 2) == [0, 1])
    }

    @Test func silenceIsNotEncodedAndTheRoomDozes() throws {
        let party = try Party([.opus, .opus, .opus], groups: [1, 1, 0], silent: [0, 1, 2])
        party.run(100)
        let encodes = party.encodes
        #expect(party.isIdle)
        party.stage.sent.removeAll()
        for _ in 0..<10 {
            party.stage.tick += 9
            party.stage.room.doze(10, now: party.stage.now(party.stage.tick), into: &party.stage.batch)
            let tick = party.stage.tick
            party.stage.batch.drain { slot, kind, packet in party.stage.sent.append((tick, slot, kind, packet)) }
            party.stage.tick += 1
        }
        #expect(party.encodes == encodes)
        for slot in 0..<3 {
            let packets = party.stage.sent.count { $0.slot == slot && $0.kind == .rtp }
            #expect((4...6).contains(packets), "\(packets) of silence to \(slot)")
        }
    }

    @Test func whoLeavesTheGroupHearsAll() throws {
        let party = try Party([.opus, .opus, .opus], groups: [1, 1, 0])
        party.run(60)
        party.stage.room.setGroup(0, 0)
        party.run(80)
        #expect(party.heard(by: 0) == [1, 2])
        #expect(party.heard(by: 1) == [0, 2])
        // The last takes the group along; a slot that is taken again is in none.
        _ = party.stage.room.remove(1)
        #expect(party.groups == 0)
        party.stage.room.setGroup(0, 5)
        party.stage.room.setGroup(77, 1)
        #expect(party.groups == 0)
        #expect(party.ears[0].faults == 0)
    }
}
