import Primitives
import Testing

@testable import MediaSecurity

@Suite struct SRTPStreamTests {
    @Test func theIndexIsTheNearestThatASequenceNumberCanStandFor() {
        var dice = SplitMix64(1)
        for _ in 0..<100_000 {
            let counter = [0, 1, 2, 70_000, .max - 1][dice.below(5)] as UInt32
            let edge = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, dice.below(65_536)]
            let highest = PacketIndex(rolloverCounter: counter, sequence: UInt16(edge[dice.below(7)]))
            let sequence = UInt16(edge[dice.below(7)])
            let candidates = [-1, 0, 1].map { Int(highest.rolloverCounter) + $0 }.filter { $0 >= 0 }
                .map { $0 << 16 | Int(sequence) }
            let distances = candidates.map { abs($0 - Int(highest.value)) }
            let estimate = highest.estimate(sequence)
            #expect(estimate.map { abs(Int($0.value) - Int(highest.value)) } == distances.min())
            #expect(estimate?.sequence == sequence)
        }
    }

    /// The comparisons of RFC 3711 appendix A are strict.
    @Test func halfWayRoundTheRollOverCounterStays() {
        for sequence: UInt16 in [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff] {
            let highest = PacketIndex(rolloverCounter: 5, sequence: sequence)
            #expect(highest.estimate(sequence ^ 0x8000)?.rolloverCounter == 5)
        }
    }

    @Test func theWindowKnowsWhatWasSeen() {
        for seed: UInt64 in 1...20 {
            var dice = SplitMix64(seed)
            var window = ReplayWindow()
            var highest = PacketIndex(rolloverCounter: 1, sequence: UInt16(dice.below(65_536)))
            window.insert(highest, highest: highest)
            var seen: Set<UInt64> = [highest.value]
            for _ in 0..<5_000 {
                let step = [1, 1, 1, 3, 63, 64, 65, 1023, 1024, 1025, 5_000, -1, -2, -64, -1022, -1023, -1024, -3_000]
                let value = UInt64(Int(highest.value) + step[dice.below(step.count)])
                let index = PacketIndex(
                    rolloverCounter: UInt32(value >> 16), sequence: UInt16(truncatingIfNeeded: value))
                let isNew = !seen.contains(value) && value + 1024 > highest.value
                #expect(window.accepts(index, highest: highest) == isNew)
                guard isNew else { continue }
                window.insert(index, highest: highest)
                seen.insert(value)
                if index > highest { highest = index }
            }
        }
    }

    private static func protector(_ profile: SRTPProfile) throws -> RTPProtector {
        let derivation = try KeyDerivation(profile, master: SRTPPackets.keys(profile, seed: 1).send.secret)
        return RTPProtector(try SRTPTransform(profile, derivation, .rtp, tagLength: profile.rtpOverhead))
    }

    @Test(arguments: SRTPProfile.allCases)
    func theKeyIsNotUsedOnceTheRollOverCounterIsAtItsEnd(profile: SRTPProfile) throws {
        var sender = try Self.protector(profile)
        try sender.resume(7, at: PacketIndex(rolloverCounter: .max, sequence: 65_534))
        var dice = SplitMix64(2)
        func send(_ sequence: UInt16) throws(SRTPError) -> [UInt8] {
            try SRTPPackets.apply(SRTPPackets.random(sequence, ssrc: 7, &dice)) { buffer, count throws(SRTPError) in
                try sender.protect(buffer, count: count)
            }
        }
        _ = try send(65_535)
        #expect(throws: SRTPError.keyExpired) { try send(0) }
    }

    @Test(arguments: SRTPProfile.allCases)
    func sourcesAreBoundedAndForgedOnesTakeNoPlace(profile: SRTPProfile) throws {
        var sender = try Self.protector(profile)
        var receiver = try Self.protector(profile)
        var dice = SplitMix64(3)
        for forged in 0..<1_000 {
            let packet = SRTPPackets.random(1, ssrc: UInt32(10_000 + forged), &dice) + [UInt8](repeating: 0, count: 16)
            #expect(throws: SRTPError.authentication) {
                try SRTPPackets.apply(packet) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(buffer, count: count)
                }
            }
        }
        for round: UInt16 in 1...2 {
            for ssrc in 0..<UInt32(SRTPSession.maximumSources) {
                let plain = SRTPPackets.random(round, ssrc: ssrc, &dice)
                let packet = try SRTPPackets.apply(plain) { buffer, count throws(SRTPError) in
                    try sender.protect(buffer, count: count)
                }
                let read = try SRTPPackets.apply(packet) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(buffer, count: count)
                }
                #expect(read == plain)
            }
        }
        let one = SRTPPackets.random(1, ssrc: 5_000, &dice)
        #expect(throws: SRTPError.tooManySources) {
            try SRTPPackets.apply(one) { buffer, count throws(SRTPError) in
                try sender.protect(buffer, count: count)
            }
        }
    }
}
