import Primitives
import Testing

@testable import MediaSecurity

/// RTCP under keys of its own (RFC 5764 section 4.1.2), and master key identifiers (RFC 3711 section 3.1).
@Suite struct SRTPControlKeyTests {
    private let rtp: [UInt8] = [0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7] + Array(repeating: 0x55, count: 40)
    private let rtcp: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 7]

    private func keys(_ profile: SRTPProfile, _ byte: UInt8, mki: Int = 0) -> SRTPKeys {
        let key = Array(repeating: byte, count: profile.keyLength + profile.saltLength)
        return SRTPKeys(profile: profile, send: key, receive: key, receivedMKI: mki)
    }

    private func memory(_ packet: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.count + 64, alignment: 16)
        memory.copyBytes(from: packet)
        return memory
    }

    @Test(arguments: SRTPProfile.allCases, SRTPBackend.allCases)
    func rtcpHasKeysOfItsOwn(profile: SRTPProfile, backend: SRTPBackend) throws {
        let (media, control) = (keys(profile, 1), keys(profile, 2))
        var sender = try SRTPSession(sending: media, control: control, backend: backend)
        let bytes = memory(rtcp)
        defer { bytes.deallocate() }
        let length = try sender.protect(rtcp: bytes, count: rtcp.count)
        let protected = Array(bytes[..<length])
        for (key, isTaken) in [(control, true), (media, false)] {
            var receiver = try SRTPSession(receiving: media, control: key, backend: backend)
            bytes.copyBytes(from: protected)
            let clear = try? receiver.unprotect(rtcp: bytes, count: length)
            #expect((clear != nil) == isTaken)
            if let clear { #expect(Array(bytes[..<clear]) == rtcp) }
        }
    }

    /// Behind the tag with GCM, else before it.
    @Test(arguments: SRTPProfile.allCases, [1, 4, 128])
    func anIdentifierIsTakenOut(profile: SRTPProfile, mki: Int) throws {
        let sending = keys(profile, 3)
        var sender = try SRTPSession(sending: sending)
        var receiver = try SRTPSession(receiving: keys(profile, 3, mki: mki))
        let identifier = (0..<mki).map { UInt8(truncatingIfNeeded: $0) }
        for isRTP in [true, false] {
            let packet = isRTP ? rtp : rtcp
            let bytes = memory(packet)
            defer { bytes.deallocate() }
            let length =
                try isRTP
                ? sender.protect(rtp: bytes, count: packet.count) : sender.protect(rtcp: bytes, count: packet.count)
            var protected = Array(bytes[..<length])
            let tag = profile == .aeadAES128GCM ? 0 : isRTP ? profile.rtpOverhead : profile.rtcpTagLength
            protected.insert(contentsOf: identifier, at: length - tag)
            let received = memory(protected)
            defer { received.deallocate() }
            for count in 0..<mki {
                #expect(throws: SRTPError.self) { try receiver.unprotect(rtp: received, count: count) }
            }
            let clear =
                try isRTP
                ? receiver.unprotect(rtp: received, count: protected.count)
                : receiver.unprotect(rtcp: received, count: protected.count)
            #expect(Array(received[..<clear]) == packet)
        }
    }
}
