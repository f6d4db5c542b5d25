import Primitives
import Testing

@testable import LoadGenerator

/// What is said, encoded once.
struct TalkLoopTests {
    private static let options = LoadOptions(.rtp(endpoints: "-", announce: false))

    @Test(arguments: LoadCodec.allCases)
    func silenceUnderDTXIsNotSent(codec: LoadCodec) throws {
        let silence = [Int16](repeating: 0, count: codec.frameSamples * 200)
        let loop = try TalkLoop(silence, codec, bitRate: 24_000, isDTX: true)
        let sent = (0..<loop.count).count { loop.frame($0).length > 0 }
        #expect(loop.count == 200)
        #expect(sent < 40)
        let steady = try TalkLoop(silence, codec, bitRate: 24_000)
        #expect((0..<steady.count).allSatisfy { steady.frame($0).length > 0 && steady.frame($0).level == 127 })
    }

    @Test func framesOfG711HoldTwentyMilliseconds() throws {
        let loop = try TalkLoop([Int16](repeating: 1000, count: 1600), .pcmu, bitRate: 0)
        #expect(loop.count == 10)
        #expect((0..<10).allSatisfy { loop.payload(loop.frame($0)).count == 160 })
        #expect(loop.frame(3).level == 0x80 | 30)
    }

    @Test func talkersAreTheFirstOfEachRoomAndTheRestRest() throws {
        var options = Self.options
        options.codec = .pcma
        options.participants = 6
        options.roomSize = 3
        options.rest = .nothing
        #expect(options.rooms == 2)
        #expect((0..<6).map { options.isTalker($0) } == [true, false, false, true, false, false])
        var sounds = try Sounds(options)
        for participant in 0..<6 {
            #expect(try (sounds.loop(for: participant) != nil) == options.isTalker(participant))
        }
        options.rest = .silence
        sounds = try Sounds(options)
        let quiet = try #require(try sounds.loop(for: 1)?.loop)
        #expect(try sounds.loop(for: 2)?.loop === quiet)
        #expect(quiet.frame(0).level == 127)
        let talker = try #require(try sounds.loop(for: 0)?.loop)
        #expect((0..<talker.count).contains { talker.frame($0).level & 0x7f < 40 })
    }

    @Test func misbehaviourIsSharedOutFromTheEnd() {
        var options = Self.options
        options.participants = 20
        options.bad = [.flood: 0.05, .stereo: 0.1]
        #expect(options.badInput(of: 19) == .flood)
        #expect(options.badInput(of: 18) == .stereo)
        #expect(options.badInput(of: 17) == .stereo)
        #expect((0..<17).allSatisfy { options.badInput(of: $0) == nil })
    }

    @Test func aFileIsReadAsItWasWrittenAndBroughtToAnotherRate() throws {
        var numbers = SplitMix64(3)
        let samples = (0..<4800).map { _ in Int16.random(in: -20_000...20_000, using: &numbers) }
        let file = try WAVFile(bytes: WAVFile(rate: 48_000, samples: samples).bytes)
        #expect(file == WAVFile(rate: 48_000, samples: samples))
        var tone = [Int16](repeating: 0, count: 96_000)
        _ = Marker.put(into: &tone, rate: 48_000)
        let slow = WAVFile(rate: 48_000, samples: tone).resampled(to: 8000)
        #expect(slow.count == 16_000)
        let peak = slow.map { abs(Int($0)) }.max() ?? 0
        #expect((8_500...9_500).contains(peak))
    }

    @Test func whatIsNoWaveFileIsRefused() {
        let bytes = WAVFile(rate: 8000, samples: [1, 2, 3]).bytes
        for count in 0..<44 { #expect(throws: LoadError.self) { try WAVFile(bytes: Array(bytes[..<count])) } }
        var other = bytes
        other[34] = 8
        #expect(throws: LoadError.self) { try WAVFile(bytes: other) }
    }
}
