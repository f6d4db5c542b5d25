import Primitives
import Testing

@testable import Media

@Suite struct RTPTests {
    private func parse(_ bytes: [UInt8]) -> RTPHeader? { bytes.withUnsafeBytes { RTPHeader($0) } }

    @Test func aWrittenHeaderIsReadBack() {
        var random = SplitMix64(1)
        let memory = Memory()
        for _ in 0..<500 {
            var contributors = Contributors()
            let count = Int.random(in: 0...15, using: &random)
            for _ in 0..<count {
                contributors.add(
                    UInt32.random(in: 0 ... .max, using: &random), level: UInt8.random(in: 0...127, using: &random))
            }
            let id: UInt8? = [nil, 1, 14, 15, 200].randomElement(using: &random) ?? nil
            let marker = Bool.random(using: &random)
            let sequence = UInt16.random(in: 0 ... .max, using: &random)
            let timestamp = UInt32.random(in: 0 ... .max, using: &random)
            let ssrc = UInt32.random(in: 0 ... .max, using: &random)
            let start = RTPHeader.write(
                into: memory.bytes, marker: marker, payloadType: 111, sequence: sequence, timestamp: timestamp,
                ssrc: ssrc, contributors: contributors, levelID: id)
            guard let start else {
                Issue.record("not written")
                return
            }
            let packet = UnsafeRawBufferPointer(rebasing: memory.bytes[..<(start + 7)])
            guard let header = RTPHeader(packet) else {
                Issue.record("not read")
                return
            }
            #expect(header.marker == marker && header.payloadType == 111 && header.sequence == sequence)
            #expect(header.timestamp == timestamp && header.ssrc == ssrc && header.csrcCount == count)
            #expect(header.payloadOffset == start && header.payloadLength == 7)
            for index in 0..<count { #expect(header.csrc(index, in: packet) == contributors.sources[index]) }
            #expect(header.csrc(count, in: packet) == nil)
            if let id, count > 0 {
                let levels = header.element(id, in: packet)
                #expect(levels.map(Array.init) == (0..<count).map { contributors.levels[$0] })
                #expect(header.element(id == 1 ? 2 : 1, in: packet) == nil)
            } else {
                #expect(header.extensionProfile == 0)
            }
        }
    }

    @Test func oneByteElementsAreFoundBetweenPadding() {
        let packet: [UInt8] =
            [0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 2]
            + [0, 0x10, 0xaa, 0, 0x32, 1, 2, 3] + [9, 9]
        packet.withUnsafeBytes { bytes in
            let header = RTPHeader(bytes)
            #expect(header?.element(1, in: bytes).map(Array.init) == [0xaa])
            #expect(header?.element(3, in: bytes).map(Array.init) == [1, 2, 3])
            #expect(header?.element(2, in: bytes) == nil)
            #expect(header?.payloadLength == 2)
            #expect(
                header.flatMap { AudioLevel.client(id: 1, in: bytes, $0) } == .init(level: 0x2a, isVoice: true))
        }
    }

    @Test func elementFifteenEndsAOneByteBlock() {
        let packet: [UInt8] =
            [0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1] + [0xf0, 0x55, 0x10, 0x66]
        packet.withUnsafeBytes { bytes in #expect(RTPHeader(bytes)?.element(1, in: bytes) == nil) }
    }

    @Test func paddingIsTakenOff() {
        let fixed: [UInt8] = [0xa0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
        #expect(parse(fixed + [1, 2, 3, 0, 2])?.payloadLength == 3)
        #expect(parse(fixed + [1, 2, 3, 0, 0]) == nil)
        #expect(parse(fixed + [1, 2, 3, 0, 6]) == nil)
        #expect(parse(fixed + [1, 2, 3, 0, 5])?.payloadLength == 0)
    }

    @Test func cutAndMutatedPacketsNeverTrap() {
        var contributors = Contributors()
        for source in 1...UInt32(15) { contributors.add(source, level: 10) }
        let memory = Memory()
        let start = RTPHeader.write(
            into: memory.bytes, marker: true, payloadType: 0, sequence: 1, timestamp: 2, ssrc: 3,
            contributors: contributors, levelID: 5)
        let whole = memory.packet((start ?? 0) + 20)
        func look(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { packet in
                _ = PacketKind(packet)
                guard let header = RTPHeader(packet) else { return }
                for id in 0...UInt8.max { _ = header.element(id, in: packet) }
                for index in -1...16 { _ = header.csrc(index, in: packet) }
                #expect(header.payload(in: packet).count == header.payloadLength)
            }
        }
        for length in 0...whole.count { look(Array(whole[..<length])) }
        var random = SplitMix64(2)
        for _ in 0..<5000 {
            var mutated = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                mutated[Int.random(in: 0..<mutated.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            look(mutated)
        }
    }

    @Test func tooSmallMemoryIsRefused() {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 11, alignment: 4)
        defer { memory.deallocate() }
        #expect(
            RTPHeader.write(into: memory, marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0) == nil)
    }

    @Test func rtpAndRtcpAreToldApart() {
        for type in UInt8.min...UInt8.max {
            let expected: PacketKind = (192...223).contains(type) ? .rtcp : .rtp
            [0x80, type, 0, 0].withUnsafeBytes { #expect(PacketKind($0) == expected) }
            [0x40, type, 0, 0].withUnsafeBytes { #expect(PacketKind($0) == nil) }
        }
    }

    @Test func theLoudestFifteenContribute() {
        var contributors = Contributors()
        for source in 1...UInt32(30) { contributors.add(source, level: UInt8(100 - source)) }
        #expect(contributors.count == 15)
        let kept = (0..<15).map { contributors.sources[$0] }.sorted()
        #expect(kept == Array(16...30))
    }
}
