import MediaSecurity
import Primitives
import Testing

/// RTP on OpenSSL against libsrtp2, packet by packet.
@Suite struct SRTPOracleTests {
    private typealias Pair = SRTPOracle

    private struct Flying {
        var due: Int
        var packet: [UInt8]
        var plain: [UInt8]
        var isWhole: Bool
    }

    /// How a source counts on: densely, or with leaps that take it over several wraps.
    enum Pace: CaseIterable { case dense, leaps }

    @Test(arguments: SRTPProfile.allCases, Pace.allCases)
    func bothMakeTheSameOfEveryPacket(profile: SRTPProfile, pace: Pace) throws {
        for seed: UInt64 in 1...12 {
            var dice = SplitMix64(seed)
            let keys = SRTPPackets.keys(profile, seed: seed)
            let senders = try Pair(sending: keys)
            let receivers = try Pair(receiving: keys)
            let ssrcs = (0..<6).map { _ in UInt32(truncatingIfNeeded: dice.next()) }
            var sequences = ssrcs.map { _ in 65_535 - dice.below(60) }
            var flying: [Flying] = []
            var (accepted, refused, wraps) = (0, 0, 0)
            for step in 0..<700 {
                let source = dice.below(ssrcs.count)
                let before = sequences[source]
                switch (pace, dice.below(12)) {
                case (_, 0): break  // The same number once more.
                case (_, 1): sequences[source] -= min(sequences[source], dice.below(1200))
                case (.dense, _): sequences[source] += 1
                case (.leaps, _): sequences[source] += 1 + dice.below(dice.below(2) == 0 ? 15_000 : 40)
                }
                if sequences[source] >> 16 > before >> 16 { wraps += 1 }
                let plain = SRTPPackets.random(
                    UInt16(truncatingIfNeeded: sequences[source]), ssrc: ssrcs[source], &dice)
                let both = try senders.protect(plain)
                sequences[source] = max(sequences[source], before)
                guard case .success(let packet) = both else { continue }
                #expect(packet.count == plain.count + profile.rtpOverhead)
                if dice.below(10) > 0 {
                    let delay = dice.below(4) == 0 ? dice.below(dice.below(10) == 0 ? 300 : 20) : 0
                    flying.append(Flying(due: step + delay, packet: packet, plain: plain, isWhole: true))
                }
                if dice.below(12) == 0 {
                    flying.append(Flying(due: step + dice.below(30), packet: packet, plain: plain, isWhole: true))
                }
                if dice.below(12) == 0 {
                    var damaged = packet
                    damaged[dice.below(damaged.count)] ^= UInt8(1 << dice.below(8))
                    flying.append(Flying(due: step, packet: damaged, plain: plain, isWhole: false))
                }
                for arrival in flying.filter({ $0.due <= step }) {
                    let result = try receivers.unprotect(arrival.packet, isWhole: arrival.isWhole)
                    if let result {
                        accepted += 1
                        #expect(arrival.isWhole && result == arrival.plain)
                    } else {
                        refused += 1
                    }
                }
                flying.removeAll { $0.due <= step }
            }
            #expect(accepted > 300 && refused > 30)
            #expect(wraps >= (pace == .leaps ? 20 : 3))
        }
    }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func whatOneProtectsTheOtherUnprotects(profile: SRTPProfile, sender backend: SRTPBackend) throws {
        let keys = SRTPPackets.keys(profile, seed: 3)
        var sender = try SRTPSession(sending: keys, backend: backend)
        var receiver = try SRTPSession(receiving: keys, backend: backend == .openSSL ? .libsrtp2 : .openSSL)
        var dice = SplitMix64(4)
        for step in 0..<3_000 {
            let sequence = UInt16(truncatingIfNeeded: 65_000 + 67 * step)
            let plain = SRTPPackets.random(sequence, ssrc: UInt32(step % 3), &dice)
            let packet = try sender.protected(plain).get()
            if dice.below(5) > 0 { #expect(try receiver.unprotected(packet).get() == plain) }
        }
    }

    @Test(arguments: SRTPProfile.allCases)
    func latePacketsAcrossAWrapAreReadAsLongAsTheWindowReaches(profile: SRTPProfile) throws {
        let keys = SRTPPackets.keys(profile, seed: 5)
        let senders = try Pair(sending: keys)
        let receivers = try Pair(receiving: keys)
        var dice = SplitMix64(6)
        var packets: [Int: [UInt8]] = [:]
        for number in 64_900...66_000 {
            let plain = SRTPPackets.random(UInt16(truncatingIfNeeded: number), ssrc: 9, &dice)
            packets[number] = try senders.protect(plain).get()
        }
        func read(_ number: Int) throws -> Bool { try receivers.unprotect(try #require(packets[number])) != nil }
        #expect(try read(64_900))
        #expect(try read(66_000))
        // 66,000 is 464 behind the wrap, and 64,977 is 1,023 before it.
        #expect(try !read(64_976))
        for number in [65_535, 64_977, 65_536, 65_999, 65_534] { #expect(try read(number), "\(number)") }
        for number in [65_535, 64_977, 65_536, 65_999, 66_000, 64_900] { #expect(try !read(number), "\(number)") }
    }

    @Test(arguments: SRTPProfile.allCases)
    func aFlippedBitAnywhereIsRefusedByBothAndLeavesNoTrace(profile: SRTPProfile) throws {
        let keys = SRTPPackets.keys(profile, seed: 7)
        let senders = try Pair(sending: keys)
        let receivers = try Pair(receiving: keys)
        // Two CSRCs, a header extension of two words, a payload and padding.
        let header: [UInt8] = [0xb2, 0xe0, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8]
        let extended: [UInt8] = [9, 9, 9, 9, 8, 8, 8, 8, 0xbe, 0xde, 0, 2, 0x10, 1, 0, 0, 0, 0, 0, 0]
        let plain = header + extended + [UInt8](repeating: 0x55, count: 37) + [0, 0, 3]
        let packet = try senders.protect(plain).get()
        for place in packet.indices {
            for bit in 0..<8 {
                var damaged = packet
                damaged[place] ^= UInt8(1 << bit)
                let refused = try receivers.unprotect(damaged, isWhole: false) == nil
                #expect(refused, "byte \(place), bit \(bit)")
            }
        }
        for length in 0..<packet.count {
            #expect(try receivers.unprotect(Array(packet[..<length]), isWhole: false) == nil)
        }
        #expect(try receivers.unprotect(packet) == plain)
    }

    @Test(arguments: SRTPProfile.allCases)
    func headersThatDoNotAddUpAreRefusedByBoth(profile: SRTPProfile) throws {
        let keys = SRTPPackets.keys(profile, seed: 8)
        for first: UInt8 in [0x80, 0x8f, 0x90, 0x9f] {
            for length in 0..<100 {
                let senders = try Pair(sending: keys)
                let receivers = try Pair(receiving: keys)
                var packet = [first, 0, 0, 1] + [UInt8](repeating: 0, count: 96)
                // The length of an extension behind no CSRCs, and behind fifteen.
                packet[15] = 5
                packet[75] = 3
                _ = try senders.protect(Array(packet[..<length]))
                _ = try receivers.unprotect(Array(packet[..<length]), isWhole: false)
            }
        }
    }

    @Test(arguments: SRTPProfile.allCases)
    func noiseIsRefusedByBoth(profile: SRTPProfile) throws {
        let receivers = try Pair(receiving: SRTPPackets.keys(profile, seed: 9))
        var dice = SplitMix64(10)
        for _ in 0..<3_000 {
            let noise = SRTPPackets.bytes(dice.below(120), &dice)
            #expect(try receivers.unprotect(noise, isWhole: false) == nil)
        }
    }
}
