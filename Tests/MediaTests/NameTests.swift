import Primitives
import Testing

@testable import Media

/// Names said at a door: what a leg says is kept, and played back as it was.
@Suite struct NameTests {
    private func events(_ stage: Stage, of slot: Int) -> [LegEvent] {
        var found: [LegEvent] = []
        while let (from, event) = stage.room.nextEvent() { if from == slot { found.append(event) } }
        return found
    }

    private func isPassing(_ stage: Stage) -> Bool { stage.room.passing.isOn }

    private func isPlayed(_ recording: inout Recording) -> Bool { !recording.isUnused() }

    private func samples(_ recording: Recording) -> [Int16] {
        Array(UnsafeBufferPointer(start: recording.samples, count: recording.count))
    }

    private func rms(_ samples: ArraySlice<Int16>) -> Double {
        (samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(samples.count, 1))).squareRoot()
    }

    /// A second and a half of a tone between silences.
    private func name(_ frequency: Double, from first: UInt64 = 30, to last: UInt64 = 105) -> Stage.Voice {
        var tone = ToneGenerator(frequency: frequency, level: -18)
        return { tick in (first..<last).contains(tick) ? frame(&tone) : Stage.silence }
    }

    @Test(arguments: [AudioCodec.pcmu, .opus, .g722], [true, false])
    func whatIsSaidIsPlayedBackAsItWas(codec: AudioCodec, passes: Bool) throws {
        let stage = Stage(passes: passes)
        let slot = try stage.add(codec, name(700))
        stage.run(20)
        let tape = NameTape()
        stage.room.capture(slot, on: tape)
        stage.run(110)
        #expect(!events(stage, of: slot).contains(.captured))
        stage.room.endCapture(slot)
        #expect(events(stage, of: slot).contains(.captured))
        let recording = try #require(tape.name())
        // 1.5 s, and what little is left of the silence around it.
        #expect((66_000...80_000).contains(recording.count))
        let middle = samples(recording)[12_000..<60_000]
        #expect(Goertzel.level(Array(middle), 700) > -19.5 && Goertzel.level(Array(middle), 700) < -16.5)
        // To others, in another room.
        let room = Stage()
        let listener = try room.add(.pcmu) { _ in Stage.silence }
        room.run(60)
        room.mixed.removeAll()
        room.room.play([recording])
        room.run(100)
        let loud = room.mixed.indices.filter { abs(Int(room.mixed[$0])) > 500 }
        let first = try #require(loud.first)
        let heard = room.mixed[(first + 12_000)..<(first + 60_000)]
        #expect(abs(rms(heard) - rms(middle)) < 0.02 * rms(middle))
        #expect(room.sent.contains { $0.slot == listener })
    }

    @Test func silenceIsNoName() throws {
        let stage = Stage()
        let slot = try stage.add(.pcmu) { _ in Stage.silence }
        let tape = NameTape()
        stage.room.capture(slot, on: tape)
        stage.run(160)
        stage.room.endCapture(slot)
        #expect(tape.name() == nil)
    }

    @Test func aClickIsNoName() throws {
        let stage = Stage()
        let slot = try stage.add(.pcmu, name(700, from: 30, to: 32))
        let tape = NameTape()
        stage.room.capture(slot, on: tape)
        stage.run(60)
        stage.room.endCapture(slot)
        #expect(tape.name() == nil)
    }

    @Test func afterThreeSecondsTheTapeIsFullAndNothingMoreIsKept() throws {
        let stage = Stage()
        let slot = try stage.add(.pcmu, steadyTone(440))
        let tape = NameTape()
        stage.room.capture(slot, on: tape)
        stage.run(140)
        #expect(!events(stage, of: slot).contains(.captured))
        stage.run(30)
        #expect(events(stage, of: slot).filter { $0 == .captured }.count == 1)
        stage.run(100)
        #expect(tape.name()?.count == NameTape.limit)
        stage.room.endCapture(slot)
        #expect(!events(stage, of: slot).contains(.captured))
        #expect(stage.room.captures == 0)
    }

    @Test func whileANameIsSaidNobodyIsPassedThroughAndThenTheyAreAgain() throws {
        let stage = Stage(passes: true)
        let slot = try stage.add(.opus, speech(from: 0))
        try stage.add(.opus) { _ in nil }
        stage.run(200)
        #expect(isPassing(stage))
        let tape = NameTape()
        stage.room.capture(slot, on: tape)
        stage.run(10)
        #expect(!isPassing(stage))
        stage.run(160)
        stage.room.endCapture(slot)
        stage.run(400)
        #expect(isPassing(stage))
        #expect(tape.name() != nil)
    }

    @Test func whoGoesTakesTheTapeAlong() throws {
        let stage = Stage()
        let slot = try stage.add(.pcmu, steadyTone(440))
        weak var kept: NameTape?
        do {
            let tape = NameTape()
            kept = tape
            stage.room.capture(slot, on: tape)
        }
        stage.run(20)
        #expect(kept != nil)
        _ = stage.room.remove(slot)
        #expect(kept == nil)
        #expect(stage.room.captures == 0)
        // Nothing happens to who is not there.
        stage.room.capture(slot, on: NameTape())
        stage.room.endCapture(slot)
        #expect(stage.room.captures == 0)
    }

    @Test func aRecordingIsInUseAsLongAsItIsPlayed() throws {
        var recording = Recording([Int16](repeating: 1000, count: 9600))
        var played = [isPlayed(&recording)]
        let stage = Stage()
        try stage.add(.pcmu) { _ in Stage.silence }
        stage.room.play([recording])
        played.append(isPlayed(&recording))
        stage.run(5)
        played.append(isPlayed(&recording))
        stage.run(10)
        played.append(isPlayed(&recording))
        #expect(played == [false, true, true, false])
    }

    @Test func whatWouldWaitTooLongIsNotPlayedByHalves() throws {
        let stage = Stage()
        try stage.add(.pcmu) { _ in Stage.silence }
        let short = Recording([Int16](repeating: 1000, count: 960))
        for _ in 0..<31 { stage.room.play([short]) }
        stage.room.play([short, short])
        stage.mixed.removeAll()
        stage.run(40)
        #expect(stage.mixed.count { $0 != 0 } == 31 * 960)
    }

    @Test func inSteadyStateNothingIsMadeForATape() throws {
        let stage = Stage()
        let slot = try stage.add(.pcmu, steadyTone(440))
        stage.run(20)
        let ears = stage.room.ears.count + stage.room.awakeCount
        let tape = NameTape()
        stage.room.capture(slot, on: tape)
        let work = stage.room.work.decodes
        stage.run(100)
        #expect(stage.room.ears.count + stage.room.awakeCount == ears)
        // Not decoded twice for it.
        #expect(stage.room.work.decodes - work <= 101)
    }

    // MARK: Read out

    @Test func whatASynthesiserWritesIsTrimmedAndLevelled() throws {
        // A header that does not know the length, 22.05 kHz.
        var bytes = Array("RIFF".utf8) + [0, 0, 0, 0x80] + Array("WAVEfmt ".utf8) + [16, 0, 0, 0, 1, 0, 1, 0]
        bytes += [0x22, 0x56, 0, 0, 0x44, 0xac, 0, 0, 2, 0, 16, 0] + Array("data".utf8) + [0, 0xf0, 0xff, 0x7f]
        for index in 0..<44_100 {
            let sample = (11_025..<33_075).contains(index) ? UInt16(bitPattern: index / 25 % 2 == 0 ? 9000 : -9000) : 0
            bytes += [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
        }
        let recording = try #require(Recording(spoken: bytes))
        #expect((48_000...56_000).contains(recording.count))
        #expect((2300...2900).contains(rms(samples(recording)[6000..<40_000])))
        for length in 0..<60 { _ = Recording(spoken: Array(bytes[..<length])) }
        #expect(Recording(spoken: Array(bytes[..<2000])) == nil)
    }
}
