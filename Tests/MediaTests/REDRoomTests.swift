import Primitives
import Testing

@testable import Media

/// Redundancy (RFC 2198) on its way into what is heard.
@Suite struct REDRoomTests {
    /// Packs payloads with copies of those before.
    private struct Doubler {
        let codec: AudioCodec
        let distances: [Int]
        private(set) var history: [[UInt8]] = []

        init(_ codec: AudioCodec, _ distances: [Int]) {
            self.codec = codec
            self.distances = distances.sorted(by: >)
        }

        mutating func packet(_ payload: [UInt8], ssrc: UInt32 = 9) -> [UInt8] {
            var blocks: [(Int, [UInt8])] = []
            for distance in distances where distance <= history.count {
                blocks.append((distance, history[history.count - distance]))
            }
            history.append(payload)
            let tick = history.count - 1
            return red(
                blocks.map { (0x60, $0.0 * Int(codec.clockPerTick), $0.1) } + [(0x60, 0, payload)],
                sequence: UInt16(truncatingIfNeeded: tick + 65_000),
                timestamp: UInt32(truncatingIfNeeded: tick) &* codec.clockPerTick, ssrc: ssrc)
        }
    }

    private static let number: UInt8 = 63

    static func red(
        _ blocks: [(payloadType: UInt8, offset: Int, payload: [UInt8])], sequence: UInt16, timestamp: UInt32,
        ssrc: UInt32 = 9
    ) -> [UInt8] {
        let memory = Memory()
        let start = RTPHeader.write(
            into: memory.bytes, marker: false, payloadType: number, sequence: sequence, timestamp: timestamp,
            ssrc: ssrc)
        var bytes = memory.packet(start ?? 0)
        for block in blocks.dropLast() {
            bytes.append(0x80 | block.payloadType)
            let word = block.offset << 10 | block.payload.count
            bytes += [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
        }
        if let last = blocks.last { bytes.append(last.payloadType) }
        return bytes + blocks.flatMap(\.payload)
    }

    static func settings(_ codec: AudioCodec, ssrc: UInt32 = 2) -> LegMediaSettings {
        var settings = MediaTests.settings(codec, ssrc: ssrc)
        settings.redundancy = [.init(payloadType: number, clockRate: codec.clockRate)]
        return settings
    }

    private struct Result {
        var heard: [Int16]
        var statistics: LegStatistics
        /// Made up since the first two seconds.
        var concealed: UInt64
    }

    /// A leg whose peer says so over a network that loses packets.
    private func run(
        _ said: [Int16], _ codec: AudioCodec, _ distances: [Int], delay: Int64 = 0, isLost: (Int) -> Bool
    ) throws -> Result {
        let receiver = try Peer(Self.settings(codec), frequency: 500)
        var encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        var doubler = Doubler(codec, distances)
        let memory = Memory()
        var random = SplitMix64(12)
        var concealed: UInt64 = 0
        for tick in 0..<said.count / 960 {
            let length = encoder.encode(
                Array(said[tick * 960..<tick * 960 + 960]), tick: UInt64(tick),
                into: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<1000]))
            let packet = doubler.packet(memory.packet(length))
            let now = milliseconds(Int64(tick) * 20)
            if !isLost(tick) {
                receiver.receive(packet, at: now + .microseconds(Int64.random(in: 500...2000, using: &random)))
            }
            receiver.hear(now + .milliseconds(15))
            let statistics = receiver.leg.statistics
            if tick == 100 { concealed = statistics.framesConcealed + statistics.framesRecovered }
        }
        let statistics = receiver.leg.statistics
        return Result(
            heard: receiver.heard, statistics: statistics,
            concealed: statistics.framesConcealed + statistics.framesRecovered - concealed)
    }

    /// A fifth is lost, but never more in a row than the copies reach.
    private func losses(_ count: Int, reach: Int, seed: UInt64 = 4) -> Set<Int> {
        var random = SplitMix64(seed)
        var lost = Set<Int>()
        var row = 0
        for index in 20..<count {
            let isLost = row < reach && Double.random(in: 0..<1, using: &random) < (reach == 1 ? 0.25 : 0.21)
            row = isLost ? row + 1 : 0
            if isLost { lost.insert(index) }
        }
        return lost
    }

    @Test(arguments: [AudioCodec.opus, .pcmu, .pcma, .g722], [[1], [1, 2]])
    func aFifthMayBeLostUnheardWhereCopiesReach(_ codec: AudioCodec, _ distances: [Int]) throws {
        let said = speech(seed: 5, seconds: 10)
        let reach = distances.max() ?? 1
        let lost = losses(500, reach: reach)
        #expect((85...115).contains(lost.count), "\(lost.count)")
        let whole = try run(said, codec, distances) { _ in false }
        let result = try run(said, codec, distances) { lost.contains($0) }
        #expect(whole.concealed == 0 && result.concealed == 0, "\(result.concealed)")
        #expect(whole.statistics.packetsLost == 0)
        // Reports tell what the network lost, whatever the copies brought.
        #expect(result.statistics.packetsLost >= Int64(lost.count - 3))
        #expect(result.statistics.packetsReceived == UInt64(500 - lost.count))
        #expect(result.statistics.packetsDuplicate == 0 && result.statistics.packetsMalformed == 0)
        #expect(result.statistics.currentDelay < .milliseconds(20 * Int64(reach) + 35))
        #expect(whole.statistics.currentDelay < .milliseconds(30), "who loses nothing waits for no copies")
        let bandwidth = codec.sampleRate > 8000 ? 7000.0 : 3400
        let part = Array(said.dropFirst(2 * 48000))
        let one = SpeechScore(of: Array(whole.heard.dropFirst(2 * 48000)), against: part, bandwidth: bandwidth)
        let other = SpeechScore(of: Array(result.heard.dropFirst(2 * 48000)), against: part, bandwidth: bandwidth)
        let figures: Comment = "\(codec) \(distances): \(other), without loss \(one)"
        #expect(other.segmentalSNR > min(one.segmentalSNR, 25) - 1, figures)
        #expect(other.spectralDistance < one.spectralDistance + 0.2, figures)
        #expect(other.lost <= one.lost + 0.003, figures)
    }

    @Test(arguments: [[1], [1, 2]])
    func ofLossesWithoutAnyOrderOnlyThoseBeyondTheCopiesAreMadeUp(_ distances: [Int]) throws {
        let said = speech(seed: 6, seconds: 10)
        var random = SplitMix64(7)
        let lost = (0..<500).map { $0 > 10 && Double.random(in: 0..<1, using: &random) < 0.2 }
        let result = try run(said, .pcmu, distances) { lost[$0] }
        let reach = distances.count
        // Beyond the copies: lost, and so are all that would bring it.
        let beyond = (101..<500 - reach).count { index in (0...reach).allSatisfy { lost[index + $0] } }
        #expect(result.concealed <= UInt64(beyond + beyond / 2 + 3), "\(result.concealed) for \(beyond)")
        let without = try run(said, .pcmu, []) { lost[$0] }
        #expect(without.concealed > 70, "\(without.concealed)")
    }

    @Test func aPacketOfCopiesAloneIsNeitherLostNorMalformed() throws {
        let receiver = try Peer(Self.settings(.pcmu), frequency: 500)
        let payload = [UInt8](repeating: 0x30, count: 160)
        func give(_ index: Int, _ bytes: [UInt8]) { receiver.receive(bytes, at: milliseconds(Int64(index) * 20)) }
        for index in 0..<60 {
            let place = (UInt16(index), UInt32(index * 160))
            switch index % 6 {
            case 4: break
            case 5:
                give(
                    index,
                    Self.red([(96, 160, payload), (96, 0, [])], sequence: place.0, timestamp: place.1))
            default: give(index, Self.red([(96, 0, payload)], sequence: place.0, timestamp: place.1))
            }
        }
        #expect(receiver.leg.statistics.packetsReceived == 50)
        #expect(receiver.leg.statistics.packetsWrongPayload == 0 && receiver.leg.statistics.packetsMalformed == 0)
        #expect(receiver.leg.statistics.packetsLost == 10)
    }

    @Test func keysAndComfortNoiseMayComeWithinIt() throws {
        var settings = Self.settings(.pcmu)
        settings.comfortNoise = 13
        var leg = try MediaLeg(settings, clock: clock, seed: 1)
        let sound = [UInt8](repeating: 0x80, count: 160)
        let packets = [
            Self.red([(96, 0, sound)], sequence: 1, timestamp: 160),
            Self.red([(96, 160, sound), (101, 0, [5, 0x0a, 0, 160])], sequence: 2, timestamp: 320),
            Self.red([(101, 160, [5, 0x0a, 0, 160]), (101, 0, [5, 0x8a, 1, 64])], sequence: 3, timestamp: 320),
            Self.red([(96, 160, sound), (13, 0, [60])], sequence: 4, timestamp: 640),
        ]
        for (index, packet) in packets.enumerated() {
            packet.withUnsafeBytes { _ = leg.receive($0, at: milliseconds(Int64(index) * 20)) }
        }
        var events: [LegEvent] = []
        while let event = leg.events.next() { events.append(event) }
        #expect(events == [.source(9), .digit(5), .digitEnded(5, milliseconds: 40)])
        #expect(leg.statistics.packetsReceived == 4 && leg.statistics.packetsMalformed == 0)
    }

    @Test func ofAStrangerNotEvenCopiesAreTaken() throws {
        let receiver = try Peer(Self.settings(.pcmu), frequency: 500)
        let payload = [UInt8](repeating: 0x30, count: 160)
        for index in [1, 2, 4] {
            receiver.receive(
                Self.red([(96, 0, payload)], sequence: UInt16(index), timestamp: UInt32(index * 160)),
                at: milliseconds(Int64(index) * 20))
        }
        let before = receiver.leg.jitter.store.count
        receiver.receive(
            Self.red([(96, 160, payload), (96, 0, payload)], sequence: 4, timestamp: 640, ssrc: 66),
            at: milliseconds(81))
        #expect(receiver.leg.jitter.store.count == before)
        #expect(receiver.leg.statistics.packetsWrongSource == 1)
    }

    // MARK: In a room

    @Test func whoSleepsIsWokenByWhatIsWithinAndItsFirstSyllableIsHeard() throws {
        for codec in [AudioCodec.opus, .pcmu] {
            let stage = Stage()
            let talker = try stage.add(codec, speech(from: 100))
            try stage.add(.pcmu) { _ in nil }
            try stage.room.update(talker, Self.settings(codec, ssrc: 1100))
            var doubler = Doubler(codec, [1])
            let peer = stage.peers[talker]
            let memory = Memory()
            for tick in 0..<UInt64(150) {
                let length = peer.encoder.encode(stage.voices[talker](tick) ?? [], tick: tick, into: memory.bytes)
                doubler.packet(memory.packet(length)).withUnsafeBytes {
                    _ = stage.room.receive(talker, $0, at: stage.now(tick) + .milliseconds(3))
                }
                stage.step()
                if tick == 99 { #expect(!stage.isAwake(talker)) }
            }
            #expect(stage.isAwake(talker))
            #expect(stage.room.statistics(talker)?.packetsMalformed == 0)
        }
    }

    /// What others are sent while one sends this in each tick.
    private func heardByOthers(_ hostile: (UInt64) -> [UInt8]?) throws -> (packets: [[UInt8]], LegStatistics?) {
        let stage = Stage()
        let slot = try stage.add(.pcmu) { _ in nil }
        try stage.room.update(slot, Self.settings(.pcmu, ssrc: 1100))
        try stage.add(.opus, steadyTone(440))
        try stage.add(.pcmu, speech(from: 10))
        try stage.add(.g722) { _ in nil }
        var all: [[UInt8]] = []
        for tick in 0..<UInt64(200) {
            if let packet = hostile(tick) {
                packet.withUnsafeBytes { _ = stage.room.receive(slot, $0, at: stage.now(tick) + .milliseconds(2)) }
            }
            stage.run(1)
            all += stage.sent.filter { $0.slot != slot && $0.kind == .rtp }.map(\.packet)
        }
        return (all, stage.room.statistics(slot))
    }

    @Test func whatIsNoRedundancyChangesNobodyElse() throws {
        let (untouched, _) = try heardByOthers { _ in nil }
        #expect(untouched.count > 400)
        let sound = [UInt8](repeating: 0x10, count: 160)
        let good = Self.red([(96, 160, sound), (96, 0, sound)], sequence: 0, timestamp: 0)
        let (packets, statistics) = try heardByOthers { tick in
            let (sequence, timestamp) = (UInt16(tick), UInt32(tick) * 160)
            switch tick % 6 {
            // Cut off within the headers; blocks longer than the packet; itself within itself.
            case 0: return Array(good[..<min(12 + Int(tick % 5), 16)])
            case 1: return Array(good[..<12]) + [0xe0, 0xff, 0xff, 0xff, 0x60] + sound
            case 2: return Self.red([(Self.number, 0, good)], sequence: sequence, timestamp: timestamp)
            // A hundred blocks; nothing but headers; a primary block that cannot be.
            case 3:
                let block = (payloadType: UInt8(96), offset: 160, payload: [UInt8](repeating: 1, count: 4))
                return Self.red([_](repeating: block, count: 100), sequence: sequence, timestamp: timestamp)
            case 4: return Array(good[..<12]) + [UInt8](repeating: 0xff, count: 1000)
            default:
                return Self.red(
                    [(96, 160, sound), (96, 0, [UInt8](repeating: 1, count: 1100))], sequence: sequence,
                    timestamp: timestamp)
            }
        }
        #expect(packets == untouched)
        #expect(statistics?.packetsReceived == 0)
        #expect((statistics?.packetsMalformed ?? 0) + (statistics?.packetsWrongPayload ?? 0) == 200)
    }

    @Test func badCopiesBesideSilenceChangeNobodyElse() throws {
        let silence = [UInt8](repeating: 0xff, count: 160)
        let (untouched, _) = try heardByOthers { tick in
            Self.red([(96, 0, silence)], sequence: UInt16(tick), timestamp: UInt32(tick) * 160)
        }
        var random = SplitMix64(19)
        let loud = [UInt8](repeating: 0, count: 160)
        let (packets, statistics) = try heardByOthers { tick in
            let types: [UInt8] = [Self.number, 13, 77, 101, 96, 96]
            var blocks: [(payloadType: UInt8, offset: Int, payload: [UInt8])] = []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let payload = Array(loud[..<Int.random(in: 0...100, using: &random)])
                let offset = Int.random(in: 0...16_383, using: &random)
                blocks.append((types[Int.random(in: 0..<6, using: &random)], offset, payload))
            }
            return Self.red(blocks + [(96, 0, silence)], sequence: UInt16(tick), timestamp: UInt32(tick) * 160)
        }
        #expect(packets == untouched)
        #expect(statistics?.packetsReceived == 200)
    }

    @Test(arguments: [AudioCodec.opus, .pcmu])
    func noRedundancyAtAllTraps(_ codec: AudioCodec) throws {
        var random = SplitMix64(23)
        var leg = try MediaLeg(Self.settings(codec), clock: clock, seed: 2)
        leg.listen()
        var doubler = Doubler(codec, [1, 2, 3])
        var encoder = AudioEncoder(.init(codec: codec, ticksPerPacket: 1), MixConfiguration())
        var tone = ToneGenerator(frequency: 440, level: -12)
        let memory = Memory()
        for tick in 0..<3000 {
            let length = encoder.encode(frame(&tone), tick: UInt64(tick), into: memory.bytes)
            var bytes = doubler.packet(memory.packet(length))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            case 1:
                for _ in 0...Int.random(in: 0..<6, using: &random) {
                    let place = Int.random(in: 0..<min(bytes.count, 40), using: &random)
                    bytes[place] = .random(in: 0...255, using: &random)
                }
            default: break
            }
            bytes.withUnsafeBytes { _ = leg.receive($0, at: milliseconds(Int64(tick) * 20)) }
            _ = leg.decodeTick(milliseconds(Int64(tick) * 20 + 15))
        }
        #expect(leg.statistics.packetsReceived > 1000)
        #expect(leg.jitter.target <= 272_000)
    }
}
