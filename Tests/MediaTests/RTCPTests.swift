import Primitives
import Testing

@testable import Media

@Suite struct RTCPTests {
    private let block = RTCPReportBlock(
        ssrc: 7, fractionLost: 128, cumulativeLost: -5, extendedHighest: 0x1_0203, jitter: 44, lastSR: 0x1234_5678,
        delaySinceLastSR: 65536)

    private func read(_ bytes: [UInt8], _ body: (RTCPPacket) -> Void) -> Bool {
        bytes.withUnsafeBytes { packet in
            guard var reader = RTCPReader(packet) else { return false }
            while let next = reader.next() { body(next) }
            return true
        }
    }

    private func compound(_ cname: String) -> [UInt8] {
        var compound = RTCPCompound(ssrc: 3)
        compound.sender = RTCPSenderInfo(ntp: 0x1122_3344_5566_7788, rtpTimestamp: 9, packets: 10, octets: 11)
        compound.block = block
        compound.isBye = true
        let memory = Memory()
        return memory.packet(compound.write(into: memory.bytes, cname: Array(cname.utf8)))
    }

    @Test func aCompoundIsReadBack() {
        for length in 0...20 {
            var seen: [String] = []
            let isValid = read(compound(String(repeating: "c", count: length))) { packet in
                switch packet {
                case .senderReport(let ssrc, let sender, let blocks):
                    #expect(ssrc == 3 && sender.ntp == 0x1122_3344_5566_7788 && sender.octets == 11)
                    #expect(blocks.count == 1 && blocks[0] == block && blocks[1] == nil)
                    seen.append("SR")
                case .sourceDescription: seen.append("SDES")
                case .bye(let sources):
                    #expect(sources.contains(3) && !sources.contains(4))
                    seen.append("BYE")
                default: seen.append("?")
                }
            }
            #expect(isValid)
            #expect(seen == ["SR", "SDES", "BYE"])
        }
    }

    @Test func cutAndMutatedCompoundsNeverTrap() {
        let whole = compound("somebody")
        for length in 0..<whole.count { _ = read(Array(whole[..<length])) { _ in } }
        var random = SplitMix64(3)
        for _ in 0..<5000 {
            var mutated = whole
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                mutated[Int.random(in: 0..<mutated.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = read(mutated) { packet in
                switch packet {
                case .senderReport(_, _, let blocks), .receiverReport(_, let blocks):
                    for index in 0..<blocks.count { _ = blocks[index] }
                case .bye(let sources): _ = sources.contains(1)
                default: break
                }
            }
        }
    }

    @Test func lengthsThatDoNotAddUpAreRefused() {
        #expect(!read([0x80, 201, 0, 2, 0, 0, 0, 1]) { _ in })
        #expect(!read([0x80, 201, 0, 1, 0, 0, 0, 1, 0]) { _ in })
        #expect(read([0x80, 201, 0, 1, 0, 0, 0, 1]) { _ in })
    }

    @Test func lossAndJitterAreCountedAcrossTheWrap() {
        var reception = ReceptionStatistics()
        var sequence: UInt16 = 65500
        var timestamp = UInt32.max - 1000
        for index in 0..<100 {
            // Every tenth is lost; arrivals alternate by 10 ms.
            if index % 10 != 5 {
                let arrival = milliseconds(Int64(index) * 20 + (index % 2 == 0 ? 0 : 10))
                reception.note(sequence: sequence, timestamp: timestamp, clockRate: 8000, arrival: arrival)
            }
            sequence &+= 1
            timestamp &+= 160
        }
        #expect(reception.lost == 10)
        let block = reception.report(about: 1, lastSR: 0, delaySinceLastSR: 0)
        #expect(block.cumulativeLost == 10)
        #expect(block.fractionLost == 25)
        #expect(block.extendedHighest == 65536 + 63)
        // Differences of 80 units, but for those across a loss.
        #expect(block.jitter > 60 && block.jitter <= 80)
        #expect(reception.report(about: 1, lastSR: 0, delaySinceLastSR: 0).fractionLost == 0)
    }

    @Test func reportsComeAboutEveryFiveSeconds() {
        var reporter = RTCPReporter(seed: 9)
        var times: [Int64] = []
        for tick in 0..<Int64(50 * 600) where reporter.isDue(milliseconds(tick * 20)) { times.append(tick * 20) }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(gaps.allSatisfy { $0 >= 2000 && $0 <= 6200 })
        let mean = gaps.reduce(0, +) / Int64(gaps.count)
        #expect(mean > 3600 && mean < 4600)
        #expect(Set(gaps).count > 20)
    }

    @Test func reportersStartedTogetherDoNotReportTogether() {
        var slots = [Int](repeating: 0, count: 60)
        for seed in UInt64(0)..<3000 {
            var reporter = RTCPReporter(seed: seed)
            // Looked at every tenth tick.
            for step in 0..<Int64(60) where reporter.isDue(milliseconds(step * 200)) { slots[Int(step)] += 1 }
        }
        // Some two reports each within twelve seconds; the first in the second and third.
        #expect(slots.prefix(5).reduce(0, +) == 0)
        #expect((slots.max() ?? 0) < 3000 / 7)
        #expect(slots.suffix(25).allSatisfy { $0 > 50 })
    }

    @Test func eachReportOfThePeerIsTakenOnce() {
        var reporter = RTCPReporter(seed: 1)
        let about = RTCPReportBlock(
            ssrc: 1, fractionLost: 64, cumulativeLost: 9, extendedHighest: 77, jitter: 480, lastSR: 0,
            delaySinceLastSR: 0)
        #expect(reporter.takeReport() == nil)
        reporter.note(about, ntp: 5 << 32)
        #expect(reporter.takeReport() == RTCPFeedback(fractionLost: 0.25, jitterUnits: 480, roundTrip: nil))
        #expect(reporter.takeReport() == nil)
        var later = about
        later.fractionLost = 0
        // Sent at 2 s, held for one, back at 3.25 s.
        later.lastSR = 2 << 16
        later.delaySinceLastSR = 65536
        reporter.note(later, ntp: 3 << 32 | 0x4000_0000)
        let feedback = reporter.takeReport()
        #expect(feedback?.fractionLost == 0 && feedback?.roundTrip == .milliseconds(250))
        #expect(reporter.takeReport() == nil)
    }

    @Test func theRoundTripIsMeasured() throws {
        let first = try Peer(settings(.pcmu, ssrc: 1), frequency: 440)
        let second = try Peer(settings(.pcmu, ssrc: 2), frequency: 500)
        let memory = Memory()
        // Packets both ways, so that each knows the other's source.
        for tick in 0..<UInt64(10) {
            let now = milliseconds(Int64(tick) * 20)
            if let packet = first.send(tick) { second.receive(packet, at: now) }
            if let packet = second.send(tick) { first.receive(packet, at: now) }
        }
        let report = memory.packet(first.leg.reportTick(milliseconds(1000), into: memory.bytes))
        second.receive(report, at: milliseconds(1040))
        let answer = memory.packet(second.leg.reportTick(milliseconds(3000), into: memory.bytes))
        first.receive(answer, at: milliseconds(3060))
        let roundTrip = first.leg.statistics.roundTrip ?? .zero
        #expect(abs(roundTrip.inSeconds - 0.1) < 0.002)
        #expect(first.leg.statistics.remoteFractionLost == 0)
    }

    @Test func ntpCountsFrom1900() {
        let clock = MediaClock(instant: milliseconds(0), wall: WallTime(milliseconds: 0))
        #expect(clock.ntp(at: milliseconds(1500)) == UInt64(2_208_988_801) << 32 | 0x8000_0000)
    }
}
