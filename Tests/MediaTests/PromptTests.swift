import Primitives
import Testing

@testable import Media

@Suite struct PromptTests {
    /// Half a second at 1 kHz.
    private static func recording(_ seconds: Double = 0.5) -> Recording {
        var tone = ToneGenerator(frequency: 1000, level: -20)
        var samples: [Int16] = []
        while Double(samples.count) < seconds * 48000 { samples += frame(&tone) }
        return Recording(samples)
    }

    private func packets(to slot: Int, _ stage: Stage) -> Int {
        stage.sent.filter { $0.slot == slot && $0.kind == .rtp && $0.packet.count > 40 }.count
    }

    @Test func whatIsPlayedToOneIsSentToNobodyElse() throws {
        let stage = Stage()
        let one = try stage.add(.pcmu) { _ in Stage.silence }
        let other = try stage.add(.pcmu) { _ in Stage.silence }
        stage.run(60)
        stage.sent.removeAll()
        stage.room.play([Self.recording()], to: one)
        var isPlayed = false
        stage.run(40)
        while let (slot, event) = stage.room.nextEvent() { if slot == one, event == .played { isPlayed = true } }
        #expect(packets(to: one, stage) >= 25)
        #expect(loudest(to: one, stage) > 2000)
        #expect(loudest(to: other, stage) < 50)
        #expect(isPlayed)
        stage.run(60)
        #expect(stage.isSilent)
    }

    @Test func whatIsPlayedToAllIsHeardByAll() throws {
        let stage = Stage()
        let slots = try (0..<3).map { _ in try stage.add(.pcma) { _ in Stage.silence } }
        stage.run(60)
        stage.sent.removeAll()
        #expect(stage.isSilent)
        stage.room.play([Self.recording()])
        #expect(!stage.isSilent)
        stage.run(30)
        for slot in slots { #expect(loudest(to: slot, stage) > 2000) }
        stage.run(60)
        #expect(stage.isSilent)
    }

    @Test func theDeafHearNobodyButWhatIsPlayedToThem() throws {
        let stage = Stage()
        let deaf = try stage.add(.pcmu) { _ in Stage.silence }
        try stage.add(.pcmu, steadyTone(440))
        let other = try stage.add(.pcmu) { _ in Stage.silence }
        stage.room.setDeaf(deaf, true)
        stage.run(100)
        stage.sent.removeAll()
        stage.run(50)
        #expect(loudest(to: deaf, stage) < 50)
        #expect(loudest(to: other, stage) > 2000)
        stage.room.play([Self.recording()], to: deaf)
        stage.sent.removeAll()
        stage.run(30)
        #expect(loudest(to: deaf, stage) > 1000)
        stage.room.setDeaf(deaf, false)
        stage.run(60)
        stage.sent.removeAll()
        stage.run(20)
        #expect(loudest(to: deaf, stage) > 2000)
    }

    @Test func theMutedAreNotHeardUntilTheyAreUnmuted() throws {
        let stage = Stage()
        let talker = try stage.add(.pcmu, steadyTone(440))
        let other = try stage.add(.pcmu) { _ in Stage.silence }
        stage.run(50)
        stage.room.setMuted(talker, true)
        stage.run(60)
        stage.sent.removeAll()
        stage.run(50)
        #expect(loudest(to: other, stage) < 50)
        stage.room.setMuted(talker, false)
        stage.run(50)
        #expect(loudest(to: other, stage) > 2000)
    }

    /// The loudest sample of the G.711 that was sent to a slot.
    private func loudest(to slot: Int, _ stage: Stage) -> Int {
        let codec = stage.peers[slot].encoder.kind.codec
        return stage.sent.filter { $0.slot == slot && $0.kind == .rtp }.map { sent -> Int in
            sent.packet.withUnsafeBytes { bytes -> Int in
                guard let header = RTPHeader(bytes) else { return 0 }
                return header.payload(in: bytes).map {
                    abs(Int(codec == .pcmu ? G711.linear(ulaw: $0) : G711.linear(alaw: $0)))
                }.max() ?? 0
            }
        }.max() ?? 0
    }

    // MARK: Files

    private func wav(_ samples: [Int16], rate: UInt32 = 16_000, channels: UInt16 = 1, bits: UInt16 = 16) -> [UInt8] {
        func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        func little(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(value >> 8)] }
        let data = samples.flatMap { little(UInt16(bitPattern: $0)) }
        let format =
            little(UInt16(1)) + little(channels) + little(rate) + little(rate * 2) + little(UInt16(2)) + little(bits)
        return Array("RIFF".utf8) + little(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8) + little(UInt32(16))
            + format + Array("data".utf8) + little(UInt32(data.count)) + data
    }

    @Test func aFileBecomesSamplesAt48Kilohertz() throws {
        let samples = (0..<16_000).map { Int16($0 % 100) }
        let recording = try #require(Recording(wav: wav(samples)))
        #expect(abs(recording.count - 48_000) < 1000)
        #expect(Recording(wav: wav(samples, rate: 48_000))?.count == 16_000)
    }

    @Test func whatIsNoSuchFileIsRefusedAndNeverTraps() {
        let good = wav((0..<200).map { Int16($0) })
        #expect(Recording(wav: wav([1], rate: 44_100)) == nil)
        #expect(Recording(wav: wav([1], channels: 2)) == nil)
        #expect(Recording(wav: wav([1], bits: 8)) == nil)
        for length in 0..<good.count { _ = WAVFile(Array(good[..<length])) }
        var random = SplitMix64(5)
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = WAVFile(bytes)
        }
    }

    // MARK: Keys in the sound

    @Test func keysAreHeardInG711() {
        guard var keys = InbandKeys() else {
            Issue.record("no detector")
            return
        }
        var heard: [UInt8] = []
        for (code, low, high) in [(UInt8(5), 770.0, 1336.0), (10, 941.0, 1209.0), (6, 770.0, 1477.0)] {
            var (first, second) = (
                ToneGenerator(frequency: low, level: -10), ToneGenerator(frequency: high, level: -10)
            )
            for tick in 0..<15 {
                let (a, b) = (frame(&first), frame(&second))
                let bytes: [UInt8] = (0..<160).map {
                    G711.ulaw(tick < 6 ? Int16(clamping: Int(a[$0 * 6]) + Int(b[$0 * 6])) : 0)
                }
                if let key = bytes.withUnsafeBytes({ keys.hear($0, .pcmu) }) { heard.append(key) }
            }
            #expect(heard.last == code)
        }
        #expect(heard == [5, 10, 6])
    }

    @Test func speechIsNoKey() {
        guard var keys = InbandKeys() else {
            Issue.record("no detector")
            return
        }
        let voice = speech(from: 0)
        for tick in 0..<1000 {
            guard let samples = voice(UInt64(tick)) else { continue }
            let bytes = (0..<160).map { G711.alaw(samples[$0 * 6]) }
            let key = bytes.withUnsafeBytes { keys.hear($0, .pcma) }
            #expect(key == nil)
        }
    }
}
