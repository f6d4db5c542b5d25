import Primitives
import Testing

@testable import MediaSecurity

/// What of RTCP only shows from inside: packets that are authentic and not encrypted, and the end of the index.
@Suite struct SRTCPTests {
    private static let report: [UInt8] = [0x81, 201, 0, 7, 0, 0, 0, 9] + (0..<24).map { UInt8($0) }

    private static func transform(_ profile: SRTPProfile) throws -> SRTPTransform {
        let derivation = try KeyDerivation(profile, master: SRTPPackets.keys(profile, seed: 1).send.secret)
        return try SRTPTransform(profile, derivation, .rtcp, tagLength: profile.rtcpTagLength)
    }

    /// An authentic packet of RTCP without the E flag (RFC 3711 section 3.4).
    private static func unencrypted(_ profile: SRTPProfile, index: UInt32) throws -> [UInt8] {
        let trailer = withUnsafeBytes(of: index.bigEndian) { Array($0) }
        let derivation = try KeyDerivation(profile, master: SRTPPackets.keys(profile, seed: 1).send.secret)
        if profile != .aeadAES128GCM {
            let hmac = HMACSHA1(key: try derivation.derive(.rtcpAuthentication, count: 20))
            var tag = [UInt8](repeating: 0, count: 10)
            report.withUnsafeBytes { report in
                tag.withUnsafeMutableBytes { tag in
                    if let report = report.baseAddress, let tag = tag.baseAddress {
                        hmac.tag(report, count: Self.report.count, word: index).write(to: tag, count: 10)
                    }
                }
            }
            return report + trailer + tag
        }
        let transform = GCMTransformForTests(
            key: try derivation.derive(.rtcpEncryption, count: 16), salt: try derivation.derive(.rtcpSalt, count: 12))
        return try report + transform.tag(report + trailer, ssrc: 9, index: index) + trailer
    }

    /// With AES-CM both refuse it, with GCM both read it.
    @Test(arguments: SRTPProfile.allCases)
    func whatIsNotEncryptedIsTreatedAsLibsrtpTreatsIt(profile: SRTPProfile) throws {
        let receivers = try SRTPOracle(receiving: SRTPPackets.keys(profile, seed: 1))
        let read = try receivers.unprotect(report: Self.unencrypted(profile, index: 3), isWhole: false)
        #expect(read == (profile == .aeadAES128GCM ? Self.report : nil))
        let senders = try SRTPOracle(sending: SRTPPackets.keys(profile, seed: 1))
        var packet: [UInt8] = []
        for _ in 1...3 { packet = try senders.protect(report: Self.report).get() }
        #expect(try receivers.unprotect(report: packet) == (profile == .aeadAES128GCM ? nil : Self.report))
    }

    @Test(arguments: SRTPProfile.allCases)
    func theKeyIsNotUsedOnceTheIndexIsAtItsEnd(profile: SRTPProfile) throws {
        var sender = SRTCPProtector(try Self.transform(profile))
        try sender.resume(9, at: 0x7fff_fffe)
        func send() throws(SRTPError) -> [UInt8] {
            try SRTPPackets.apply(Self.report) { buffer, count throws(SRTPError) in
                try sender.protect(buffer, count: count)
            }
        }
        let last = try send()
        #expect(throws: SRTPError.keyExpired) { try send() }
        // The highest index is as good as any for a receiver.
        let receivers = try SRTPOracle(receiving: SRTPPackets.keys(profile, seed: 1))
        #expect(try receivers.unprotect(report: last) == Self.report)
        #expect(try receivers.unprotect(report: last) == nil)
    }

    @Test(arguments: SRTPProfile.allCases)
    func sourcesAreBoundedAndForgedOnesTakeNoPlace(profile: SRTPProfile) throws {
        var sender = SRTCPProtector(try Self.transform(profile))
        var receiver = SRTCPProtector(try Self.transform(profile))
        var report = Self.report
        for forged: UInt8 in 0..<255 {
            report[5] = forged
            let packet = report + [UInt8](repeating: 0x80, count: 20)
            #expect(throws: SRTPError.authentication) {
                try SRTPPackets.apply(packet) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(buffer, count: count)
                }
            }
        }
        report[5] = 0
        for _ in 1...2 {
            for ssrc in 0..<SRTPSession.maximumSources {
                report[7] = UInt8(truncatingIfNeeded: ssrc)
                let packet = try SRTPPackets.apply(report) { buffer, count throws(SRTPError) in
                    try sender.protect(buffer, count: count)
                }
                let read = try SRTPPackets.apply(packet) { buffer, count throws(SRTPError) in
                    try receiver.unprotect(buffer, count: count)
                }
                #expect(read == report)
            }
        }
        report[6] = 1
        #expect(throws: SRTPError.tooManySources) {
            try SRTPPackets.apply(report) { buffer, count throws(SRTPError) in
                try sender.protect(buffer, count: count)
            }
        }
    }

    /// One key stream for each packet, though RTP and RTCP of a source have the same master key, and a value that is
    /// moved goes on where it was.
    @Test(arguments: SRTPProfile.allCases)
    func noKeyStreamIsUsedTwice(profile: SRTPProfile) throws {
        var session = try SRTPSession(sending: SRTPPackets.keys(profile, seed: 2))
        var seen: Set<[UInt8]> = []
        let zeros = [UInt8](repeating: 0, count: 24)
        for sequence: UInt8 in 1...40 {
            let packet = [0x80, 0, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 9] + zeros
            let sealed = try session.protected(packet).get()
            #expect(seen.insert(Array(sealed[12..<36])).inserted)
            let report = [0x80, 201, 0, 7, 0, 0, 0, 9] + zeros
            let sealedReport = try session.protected(report: report).get()
            #expect(seen.insert(Array(sealedReport[8..<32])).inserted)
            session = SRTCPTests.moved(session)
        }
    }

    private static func moved(_ session: consuming SRTPSession) -> SRTPSession { session }
}

/// Tags of messages that are not encrypted.
private struct GCMTransformForTests {
    let key: [UInt8]
    let salt: [UInt8]

    func tag(_ message: [UInt8], ssrc: UInt32, index: UInt32) throws -> [UInt8] {
        var iv = SIMD16<UInt8>()
        var writer = ByteWriter()
        writer.integer(UInt16(0))
        writer.integer(ssrc)
        writer.integer(UInt16(0))
        writer.integer(index)
        for (place, byte) in writer.bytes.enumerated() { iv[place] = byte ^ salt[place] }
        let cipher = try GCMCipher(key: key)
        var tag = [UInt8](repeating: 0, count: 16)
        message.withUnsafeBytes { message in
            tag.withUnsafeMutableBytes { tag in
                if let tag = tag.baseAddress {
                    _ = cipher.seal(
                        iv: iv, header: message, text: UnsafeMutableRawBufferPointer(start: nil, count: 0), tag: tag)
                }
            }
        }
        return tag
    }
}
