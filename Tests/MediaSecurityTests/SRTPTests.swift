import MediaSecurity
import Primitives
import Testing

@Suite struct SRTPTests {
    private static func keys(_ profile: SRTPProfile) -> (a: SRTPKeys, b: SRTPKeys) {
        let length = profile.keyLength + profile.saltLength
        let one = (0..<length).map { UInt8($0) }
        let two = (0..<length).map { UInt8(200 - $0) }
        return (
            SRTPKeys(profile: profile, send: one, receive: two), SRTPKeys(profile: profile, send: two, receive: one)
        )
    }

    private static func rtp(_ sequence: UInt16, ssrc: UInt32 = 7, payload: Int = 160) -> [UInt8] {
        var writer = ByteWriter()
        writer.append([0x80, 111])
        writer.integer(sequence)
        writer.integer(UInt32(sequence) &* 960)
        writer.integer(ssrc)
        writer.append((0..<payload).map { UInt8(truncatingIfNeeded: $0 &+ Int(sequence)) })
        return writer.bytes
    }

    private static let senderReport: [UInt8] =
        [0x80, 200, 0, 6, 0, 0, 0, 7] + (0..<20).map { UInt8($0) }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func whatOneProtectsTheOtherReads(profile: SRTPProfile, backend: SRTPBackend) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a, backend: backend)
        var receiver = try SRTPSession(receiving: b, backend: backend)
        for sequence: UInt16 in [1, 2, 5, 4, 3, 900] {
            for ssrc: UInt32 in [7, 8] {
                let packet = Self.rtp(sequence, ssrc: ssrc, payload: Int(sequence))
                let protected = try SRTPPackets.apply(packet) { buffer, count throws(SRTPError) in
                    try sender.protect(rtp: buffer, count: count)
                }
                #expect(protected.count == packet.count + profile.rtpOverhead)
                #expect(protected.prefix(12) == packet.prefix(12))
                let plain = try SRTPPackets.apply(protected) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(rtp: buffer, count: count)
                }
                #expect(plain == packet)
            }
        }
        let protected = try SRTPPackets.apply(Self.senderReport) { buffer, count throws(SRTPError) in
            try sender.protect(rtcp: buffer, count: count)
        }
        #expect(protected.count == Self.senderReport.count + profile.rtcpOverhead)
        let plain = try SRTPPackets.apply(protected) { buffer, count throws(SRTPError) in
            try receiver.unprotect(rtcp: buffer, count: count)
        }
        #expect(plain == Self.senderReport)
    }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func replayedPacketsAreRefused(profile: SRTPProfile, backend: SRTPBackend) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a, backend: backend)
        var receiver = try SRTPSession(receiving: b, backend: backend)
        let protected = try SRTPPackets.apply(Self.rtp(1)) { buffer, count throws(SRTPError) in
            try sender.protect(rtp: buffer, count: count)
        }
        _ = try SRTPPackets.apply(protected) { buffer, count throws(SRTPError) in
            try receiver.unprotect(rtp: buffer, count: count)
        }
        #expect(throws: SRTPError.replay) {
            try SRTPPackets.apply(protected) { buffer, count throws(SRTPError) in
                try receiver.unprotect(rtp: buffer, count: count)
            }
        }
    }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func tamperedPacketsAreRefusedAndDoNoHarm(profile: SRTPProfile, backend: SRTPBackend) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a, backend: backend)
        var receiver = try SRTPSession(receiving: b, backend: backend)
        let protected = try SRTPPackets.apply(Self.rtp(1, payload: 20)) { buffer, count throws(SRTPError) in
            try sender.protect(rtp: buffer, count: count)
        }
        for index in protected.indices {
            var tampered = protected
            tampered[index] ^= 0x40
            #expect(throws: SRTPError.self) {
                try SRTPPackets.apply(tampered) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(rtp: buffer, count: count)
                }
            }
        }
        for length in 0..<protected.count {
            #expect(throws: SRTPError.self) {
                try SRTPPackets.apply(Array(protected[..<length])) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(rtp: buffer, count: count)
                }
            }
        }
        let plain = try SRTPPackets.apply(protected) { buffer, count throws(SRTPError) in
            try receiver.unprotect(rtp: buffer, count: count)
        }
        #expect(plain == Self.rtp(1, payload: 20))
    }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func tamperedRTCPIsRefused(profile: SRTPProfile, backend: SRTPBackend) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a, backend: backend)
        var receiver = try SRTPSession(receiving: b, backend: backend)
        let protected = try SRTPPackets.apply(Self.senderReport) { buffer, count throws(SRTPError) in
            try sender.protect(rtcp: buffer, count: count)
        }
        for index in protected.indices {
            var tampered = protected
            tampered[index] ^= 0x40
            #expect(throws: SRTPError.self) {
                try SRTPPackets.apply(tampered) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(rtcp: buffer, count: count)
                }
            }
        }
    }

    @Test(arguments: SRTPBackend.allCases) func otherKeysAndTheOtherDirectionDoNotRead(backend: SRTPBackend) throws {
        let (a, _) = Self.keys(.aeadAES128GCM)
        var sender = try SRTPSession(sending: a, backend: backend)
        var receiver = try SRTPSession(receiving: a, backend: backend)
        let protected = try SRTPPackets.apply(Self.rtp(1)) { buffer, count throws(SRTPError) in
            try sender.protect(rtp: buffer, count: count)
        }
        #expect(throws: SRTPError.authentication) {
            try SRTPPackets.apply(protected) { buffer, count throws(SRTPError) in
                try receiver.unprotect(rtp: buffer, count: count)
            }
        }
    }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func aBufferWithoutRoomForTheTagIsRefused(profile: SRTPProfile, backend: SRTPBackend) throws {
        let (a, _) = Self.keys(profile)
        var sender = try SRTPSession(sending: a, backend: backend)
        #expect(throws: SRTPError.noRoom) {
            try SRTPPackets.apply(Self.rtp(1), room: profile.rtpOverhead - 1) { buffer, count throws(SRTPError) in
                try sender.protect(rtp: buffer, count: count)
            }
        }
        #expect(throws: SRTPError.noRoom) {
            try SRTPPackets.apply(Self.senderReport, room: profile.rtcpOverhead - 1) {
                buffer, count throws(SRTPError) in
                try sender.protect(rtcp: buffer, count: count)
            }
        }
        let exact = try SRTPPackets.apply(Self.rtp(1), room: profile.rtpOverhead) { buffer, count throws(SRTPError) in
            try sender.protect(rtp: buffer, count: count)
        }
        #expect(exact.count == Self.rtp(1).count + profile.rtpOverhead)
    }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func noiseNeverTraps(profile: SRTPProfile, backend: SRTPBackend) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a, backend: backend)
        var receiver = try SRTPSession(receiving: b, backend: backend)
        var dice = SplitMix64(5)
        for _ in 0..<3_000 {
            var noise = (0..<dice.below(120)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            if !noise.isEmpty, dice.below(2) == 0 { noise[0] = 0x80 | noise[0] & 0x3f }
            _ = try? SRTPPackets.apply(noise) { buffer, count throws(SRTPError) in
                try receiver.unprotect(rtp: buffer, count: count)
            }
            _ = try? SRTPPackets.apply(noise) { buffer, count throws(SRTPError) in
                try receiver.unprotect(rtcp: buffer, count: count)
            }
            _ = try? SRTPPackets.apply(noise) { buffer, count throws(SRTPError) in
                try sender.protect(rtp: buffer, count: count)
            }
        }
    }

    @Test func keysOfTheWrongLengthMakeNoSession() {
        #expect(throws: MediaSecurityError.self) {
            _ = try SRTPSession(sending: SRTPKeys(profile: .aeadAES128GCM, send: [1], receive: [2]))
        }
    }
}
