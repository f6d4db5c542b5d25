import Foundation
import Testing

@testable import Media

/// What is on a room's tape, decoded as a player would.
@Suite struct RecordedRoomTests {
    private struct Recorded {
        var ticks: [UInt64] = []
        var payloads: [UInt64: [UInt8]] = [:]
        var samples: [Int16] = []
    }

    private func read(_ tape: MixTape) -> Recorded {
        var recorded = Recorded()
        var time = RecordedTime()
        let decoder = OpusDecoder()
        var frame = [Int16](repeating: 0, count: 960)
        while tape.take({ tick, packet in
            recorded.ticks.append(tick)
            if packet.count > 0 { recorded.payloads[tick] = Array(packet) }
            time.take(tick, packet.first) { piece in
                switch piece {
                case .packet: _ = decoder.decode(packet, into: &frame, capacity: 960)
                case .concealment: _ = decoder.conceal(960, into: &frame)
                case .silence:
                    _ = OggOpusStream.silence.withUnsafeBytes { decoder.decode($0, into: &frame, capacity: 960) }
                }
                recorded.samples += frame
            }
        }) {}
        return recorded
    }

    private func tone(_ frequency: Double, _ amplitude: Double = 8000) -> Stage.Voice {
        { tick in
            (0..<960).map {
                let time = Double(Int(tick) * 960 + $0) / 48000
                return Int16(amplitude * sin(2 * .pi * frequency * time))
            }
        }
    }

    /// Of a tone, as a share of the amplitude 8000.
    private func share(_ frequency: Double, _ samples: some Collection<Int16>) -> Double {
        var (a, b) = (0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            let angle = 2 * .pi * frequency * Double(index) / 48000
            a += Double(sample) * cos(angle)
            b += Double(sample) * sin(angle)
        }
        return 2 * (a * a + b * b).squareRoot() / Double(max(samples.count, 1)) / 8000
    }

    @Test(arguments: [AudioCodec.opus, .pcmu]) func everybodyIsRecorded(_ codec: AudioCodec) throws {
        let stage = Stage()
        try stage.add(codec, tone(500))
        try stage.add(codec, tone(1100))
        let tape = MixTape()
        stage.room.record(on: tape)
        stage.run(150)
        let recorded = read(tape)
        #expect(recorded.ticks.count == 150)
        let late = recorded.samples.suffix(48000)
        #expect(abs(share(500, late) - 1) < 0.15 && abs(share(1100, late) - 1) < 0.15)
    }

    @Test func whoTalksAloneIsRecordedWithoutAListener() throws {
        let stage = Stage()
        try stage.add(.opus, tone(500))
        let tape = MixTape()
        stage.room.record(on: tape)
        stage.run(100)
        #expect(abs(share(500, read(tape).samples.suffix(24000)) - 1) < 0.15)
    }

    @Test func whatIsPassedThroughIsOnTheTapeAsItCame() throws {
        let stage = Stage(passes: true)
        let talker = try stage.add(.opus, tone(500))
        let listener = try stage.add(.opus) { _ in nil }
        let tape = MixTape()
        stage.room.record(on: tape)
        stage.run(150)
        #expect(talker == 0 && stage.isPassing)
        let recorded = read(tape)
        let sent = stage.payloads(to: listener).filter { $0.payload.count > 2 }
        #expect(sent.count > 100)
        for (tick, payload) in sent where tick >= 50 { #expect(recorded.payloads[tick] == payload) }
        #expect(abs(share(500, recorded.samples.suffix(24000)) - 1) < 0.15)
    }

    @Test func timeGoesOnInSilence() throws {
        let stage = Stage()
        try stage.add(.opus) { $0 < 50 || $0 >= 250 ? self.tone(500)($0) : nil }
        let tape = MixTape()
        stage.room.record(on: tape)
        stage.run(300)
        let recorded = read(tape)
        #expect(recorded.samples.count == 300 * 960)
        #expect(recorded.samples[100 * 960..<240 * 960].allSatisfy { abs(Int($0)) < 40 })
        #expect(abs(share(500, recorded.samples[270 * 960..<295 * 960]) - 1) < 0.15)
        #expect(recorded.payloads.count < 150)
    }

    @Test func ticksThatAreMadeAtOnceAreMarked() throws {
        let stage = Stage()
        try stage.add(.opus) { _ in nil }
        stage.run(30)
        let isIdle = stage.room.isIdle
        #expect(isIdle)
        let tape = MixTape()
        stage.room.record(on: tape)
        stage.run(1)
        for turn in 1...5 {
            stage.room.doze(10, now: stage.now(31 + UInt64(turn) * 10), into: &stage.batch)
        }
        #expect(read(tape).samples.count == 51 * 960)
    }

    @Test func aTapeEndsWithTheRoomOrWhenToldTo() throws {
        let (first, second) = (MixTape(), MixTape())
        do {
            let stage = Stage()
            try stage.add(.pcmu, tone(500))
            stage.room.record(on: first)
            stage.run(5)
            var isRecorded = stage.room.isRecorded
            #expect(isRecorded && !first.isEnded)
            stage.room.endRecording()
            isRecorded = stage.room.isRecorded
            #expect(first.isEnded && !isRecorded)
            stage.run(5)
            #expect(read(first).ticks.count == 5)
            stage.room.record(on: second)
            stage.run(5)
        }
        #expect(second.isEnded)
    }
}
