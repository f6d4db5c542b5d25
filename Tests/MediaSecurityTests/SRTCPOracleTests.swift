import MediaSecurity
import Primitives
import Testing

/// RTCP on OpenSSL against libsrtp2, packet by packet.
@Suite struct SRTCPOracleTests {
    private struct Flying {
        var due: Int
        var packet: [UInt8]
        var plain: [UInt8]
        var isWhole: Bool
    }

    private static func report(ssrc: UInt32, _ dice: inout SplitMix64) -> [UInt8] {
        var writer = ByteWriter()
        let words = dice.below(8) == 0 ? dice.below(300) : dice.below(20)
        writer.append([
            0x80 | UInt8(dice.below(32)), 200 + UInt8(dice.below(2)), 0, UInt8(truncatingIfNeeded: 1 + words),
        ])
        writer.integer(ssrc)
        // Compound packets are of whole words; the last may be anything where the transform is concerned.
        writer.append(SRTPPackets.bytes(4 * words + (dice.below(10) == 0 ? dice.below(4) : 0), &dice))
        return writer.bytes
    }

    @Test(arguments: SRTPProfile.allCases)
    func bothMakeTheSameOfEveryReport(profile: SRTPProfile) throws {
        for seed: UInt64 in 1...20 {
            var dice = SplitMix64(seed)
            let keys = SRTPPackets.keys(profile, seed: seed)
            let senders = try SRTPOracle(sending: keys)
            let receivers = try SRTPOracle(receiving: keys)
            let ssrcs = (0..<5).map { _ in UInt32(truncatingIfNeeded: dice.next()) }
            var flying: [Flying] = []
            var (accepted, refused) = (0, 0)
            for step in 0..<900 {
                // One source goes far ahead of the others.
                let source = dice.below(2) == 0 ? 0 : dice.below(ssrcs.count)
                let plain = Self.report(ssrc: ssrcs[source], &dice)
                let packet = try senders.protect(report: plain).get()
                #expect(packet.count == plain.count + profile.rtcpOverhead)
                if dice.below(10) > 0 {
                    let delay = dice.below(4) == 0 ? dice.below(dice.below(4) == 0 ? 500 : 20) : 0
                    flying.append(Flying(due: step + delay, packet: packet, plain: plain, isWhole: true))
                }
                if dice.below(10) == 0 {
                    flying.append(Flying(due: step + dice.below(400), packet: packet, plain: plain, isWhole: true))
                }
                if dice.below(8) == 0 {
                    var damaged = packet
                    damaged[dice.below(damaged.count)] ^= UInt8(1 << dice.below(8))
                    flying.append(Flying(due: step, packet: damaged, plain: plain, isWhole: false))
                }
                for arrival in flying.filter({ $0.due <= step }) {
                    if let result = try receivers.unprotect(report: arrival.packet, isWhole: arrival.isWhole) {
                        accepted += 1
                        #expect(arrival.isWhole && result == arrival.plain)
                    } else {
                        refused += 1
                    }
                }
                flying.removeAll { $0.due <= step }
            }
            #expect(accepted > 500 && refused > 100, "\(accepted) accepted, \(refused) refused")
        }
    }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func whatOneProtectsTheOtherUnprotects(profile: SRTPProfile, sender backend: SRTPBackend) throws {
        let keys = SRTPPackets.keys(profile, seed: 11)
        var sender = try SRTPSession(sending: keys, backend: backend)
        var receiver = try SRTPSession(receiving: keys, backend: backend == .openSSL ? .libsrtp2 : .openSSL)
        var dice = SplitMix64(12)
        for step in 0..<2_000 {
            let plain = Self.report(ssrc: UInt32(step % 3), &dice)
            let packet = try sender.protected(report: plain).get()
            if dice.below(5) > 0 { #expect(try receiver.unprotected(report: packet).get() == plain) }
        }
    }

    /// The window holds 128 indices.
    @Test(arguments: SRTPProfile.allCases)
    func lateReportsAreReadAsLongAsTheWindowReaches(profile: SRTPProfile) throws {
        let keys = SRTPPackets.keys(profile, seed: 13)
        let senders = try SRTPOracle(sending: keys)
        let receivers = try SRTPOracle(receiving: keys)
        var dice = SplitMix64(14)
        let packets = try (1...600).map { _ in try senders.protect(report: Self.report(ssrc: 5, &dice)).get() }
        func read(_ index: Int) throws -> Bool { try receivers.unprotect(report: packets[index - 1]) != nil }
        for index in [100, 1, 127, 128] { #expect(try read(index), "\(index)") }
        #expect(try !read(1))
        #expect(try read(2))
        #expect(try read(400))
        for index in [272, 271, 128, 400] { #expect(try !read(index), "\(index)") }
        for index in [273, 399, 300] { #expect(try read(index), "\(index)") }
        for index in [273, 399, 300, 400] { #expect(try !read(index), "\(index)") }
        #expect(try read(528))
        #expect(try read(401))
        #expect(try !read(400))
    }

    @Test(arguments: SRTPProfile.allCases)
    func aFlippedBitAnywhereIsRefusedByBothAndLeavesNoTrace(profile: SRTPProfile) throws {
        let keys = SRTPPackets.keys(profile, seed: 15)
        let senders = try SRTPOracle(sending: keys)
        let receivers = try SRTPOracle(receiving: keys)
        var dice = SplitMix64(16)
        let plain = [0x81, 200, 0, 13] + SRTPPackets.bytes(52, &dice)
        let packet = try senders.protect(report: plain).get()
        for place in packet.indices {
            for bit in 0..<8 {
                var damaged = packet
                damaged[place] ^= UInt8(1 << bit)
                let refused = try receivers.unprotect(report: damaged, isWhole: false) == nil
                #expect(refused, "byte \(place), bit \(bit)")
            }
        }
        for length in 0..<packet.count {
            #expect(try receivers.unprotect(report: Array(packet[..<length]), isWhole: false) == nil)
        }
        #expect(try receivers.unprotect(report: packet) == plain)
    }

    @Test(arguments: SRTPProfile.allCases)
    func noiseIsRefusedByBoth(profile: SRTPProfile) throws {
        let receivers = try SRTPOracle(receiving: SRTPPackets.keys(profile, seed: 17))
        let senders = try SRTPOracle(sending: SRTPPackets.keys(profile, seed: 17))
        var dice = SplitMix64(18)
        for _ in 0..<3_000 {
            let noise = SRTPPackets.bytes(dice.below(120), &dice)
            #expect(try receivers.unprotect(report: noise, isWhole: false) == nil)
            if noise.count < 8 { #expect(throws: SRTPError.self) { try senders.protect(report: noise).get() } }
        }
    }
}
