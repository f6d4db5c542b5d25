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

    /// Runs an operation on a copy of a packet with `room` more bytes; gives the packet that came of it.
    private static func apply(
        _ packet: [UInt8], room: Int = 64,
        _ operation: (UnsafeMutableRawBufferPointer, Int) throws(SRTPError) -> Int
    ) throws(SRTPError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.count + room, alignment: 8)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: packet)
        let count = try operation(buffer, packet.count)
        return Array(buffer[..<count])
    }

    @Test(arguments: SRTPProfile.allCases)
    func whatOneProtectsTheOtherReads(profile: SRTPProfile) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a)
        var receiver = try SRTPSession(receiving: b)
        for sequence: UInt16 in [1, 2, 5, 4, 3, 900] {
            for ssrc: UInt32 in [7, 8] {
                let packet = Self.rtp(sequence, ssrc: ssrc, payload: Int(sequence))
                let protected = try Self.apply(packet) { buffer, count throws(SRTPError) in
                    try sender.protect(rtp: buffer, count: count)
                }
                #expect(protected.count == packet.count + profile.rtpOverhead)
                #expect(protected.prefix(12) == packet.prefix(12))
                let plain = try Self.apply(protected) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(rtp: buffer, count: count)
                }
                #expect(plain == packet)
            }
        }
        let protected = try Self.apply(Self.senderReport) { buffer, count throws(SRTPError) in
            try sender.protect(rtcp: buffer, count: count)
        }
        #expect(protected.count == Self.senderReport.count + profile.rtcpOverhead)
        let plain = try Self.apply(protected) { buffer, count throws(SRTPError) in
            try receiver.unprotect(rtcp: buffer, count: count)
        }
        #expect(plain == Self.senderReport)
    }

    @Test(arguments: SRTPProfile.allCases)
    func replayedPacketsAreRefused(profile: SRTPProfile) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a)
        var receiver = try SRTPSession(receiving: b)
        let protected = try Self.apply(Self.rtp(1)) { buffer, count throws(SRTPError) in
            try sender.protect(rtp: buffer, count: count)
        }
        _ = try Self.apply(protected) { buffer, count throws(SRTPError) in
            try receiver.unprotect(rtp: buffer, count: count)
        }
        #expect(throws: SRTPError.replay) {
            try Self.apply(protected) { buffer, count throws(SRTPError) in
                try receiver.unprotect(rtp: buffer, count: count)
            }
        }
    }

    @Test(arguments: SRTPProfile.allCases)
    func tamperedPacketsAreRefusedAndDoNoHarm(profile: SRTPProfile) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a)
        var receiver = try SRTPSession(receiving: b)
        let protected = try Self.apply(Self.rtp(1, payload: 20)) { buffer, count throws(SRTPError) in
            try sender.protect(rtp: buffer, count: count)
        }
        for index in protected.indices {
            var tampered = protected
            tampered[index] ^= 0x40
            #expect(throws: SRTPError.self) {
                try Self.apply(tampered) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(rtp: buffer, count: count)
                }
            }
        }
        for length in 0..<protected.count {
            #expect(throws: SRTPError.self) {
                try Self.apply(Array(protected[..<length])) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(rtp: buffer, count: count)
                }
            }
        }
        let plain = try Self.apply(protected) { buffer, count throws(SRTPError) in
            try receiver.unprotect(rtp: buffer, count: count)
        }
        #expect(plain == Self.rtp(1, payload: 20))
    }

    @Test(arguments: SRTPProfile.allCases)
    func tamperedRTCPIsRefused(profile: SRTPProfile) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a)
        var receiver = try SRTPSession(receiving: b)
        let protected = try Self.apply(Self.senderReport) { buffer, count throws(SRTPError) in
            try sender.protect(rtcp: buffer, count: count)
        }
        for index in protected.indices {
            var tampered = protected
            tampered[index] ^= 0x40
            #expect(throws: SRTPError.self) {
                try Self.apply(tampered) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(rtcp: buffer, count: count)
                }
            }
        }
    }

    @Test func otherKeysAndTheOtherDirectionDoNotRead() throws {
        let (a, _) = Self.keys(.aeadAES128GCM)
        var sender = try SRTPSession(sending: a)
        var receiver = try SRTPSession(receiving: a)
        let protected = try Self.apply(Self.rtp(1)) { buffer, count throws(SRTPError) in
            try sender.protect(rtp: buffer, count: count)
        }
        #expect(throws: SRTPError.authentication) {
            try Self.apply(protected) { buffer, count throws(SRTPError) in
                try receiver.unprotect(rtp: buffer, count: count)
            }
        }
    }

    @Test(arguments: SRTPProfile.allCases)
    func aBufferWithoutRoomForTheTagIsRefused(profile: SRTPProfile) throws {
        let (a, _) = Self.keys(profile)
        var sender = try SRTPSession(sending: a)
        #expect(throws: SRTPError.noRoom) {
            try Self.apply(Self.rtp(1), room: profile.rtpOverhead - 1) { buffer, count throws(SRTPError) in
                try sender.protect(rtp: buffer, count: count)
            }
        }
        #expect(throws: SRTPError.noRoom) {
            try Self.apply(Self.senderReport, room: profile.rtcpOverhead - 1) { buffer, count throws(SRTPError) in
                try sender.protect(rtcp: buffer, count: count)
            }
        }
        let exact = try Self.apply(Self.rtp(1), room: profile.rtpOverhead) { buffer, count throws(SRTPError) in
            try sender.protect(rtp: buffer, count: count)
        }
        #expect(exact.count == Self.rtp(1).count + profile.rtpOverhead)
    }

    @Test(arguments: SRTPProfile.allCases)
    func noiseNeverTraps(profile: SRTPProfile) throws {
        let (a, b) = Self.keys(profile)
        var sender = try SRTPSession(sending: a)
        var receiver = try SRTPSession(receiving: b)
        var dice = Dice(seed: 5)
        for _ in 0..<3_000 {
            var noise = (0..<dice.below(120)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            if !noise.isEmpty, dice.below(2) == 0 { noise[0] = 0x80 | noise[0] & 0x3f }
            _ = try? Self.apply(noise) { buffer, count throws(SRTPError) in
                try receiver.unprotect(rtp: buffer, count: count)
            }
            _ = try? Self.apply(noise) { buffer, count throws(SRTPError) in
                try receiver.unprotect(rtcp: buffer, count: count)
            }
            _ = try? Self.apply(noise) { buffer, count throws(SRTPError) in
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
