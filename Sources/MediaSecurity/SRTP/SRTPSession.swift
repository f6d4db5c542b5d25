import Primitives

/// One direction of SRTP and SRTCP (RFC 3711, RFC 7714) for up to `SRTPStreamTable.limit` SSRCs.
///
/// Packets are worked on in place and nothing is allocated for them. An authentic packet of a new SSRC is the one
/// exception: the fifth, ninth, seventeenth … makes the table of streams grow, and with libsrtp each does.
/// `@unchecked Sendable`: neither OpenSSL's contexts nor libsrtp's session belong to a thread, the handle cannot be
/// copied, and every use is `mutating`, so whoever holds it has it alone.
public struct SRTPSession: ~Copyable, @unchecked Sendable {
    private let profile: SRTPProfile
    /// Nil when libsrtp is to do RTP too.
    private var openSSL: RTPProtector?
    private let libsrtp: LibSRTPSession

    /// For what this side sends.
    public init(sending keys: SRTPKeys, backend: SRTPBackend = .openSSL) throws(MediaSecurityError) {
        try self.init(.sending, keys.profile, key: keys.send.secret, backend)
    }

    /// For what this side receives.
    public init(receiving keys: SRTPKeys, backend: SRTPBackend = .openSSL) throws(MediaSecurityError) {
        try self.init(.receiving, keys.profile, key: keys.receive.secret, backend)
    }

    private init(
        _ direction: LibSRTPSession.Direction, _ profile: SRTPProfile, key: [UInt8], _ backend: SRTPBackend
    ) throws(MediaSecurityError) {
        guard key.count == profile.keyLength + profile.saltLength else {
            throw MediaSecurityError(reason: "an SRTP key of the wrong length")
        }
        let libsrtp = try LibSRTPSession(direction, profile, key: key, withRTP: backend == .libsrtp2)
        switch backend {
        case .openSSL: openSSL = RTPProtector(try RTPTransform(profile, master: key))
        case .libsrtp2: openSSL = nil
        }
        self.libsrtp = libsrtp
        self.profile = profile
    }

    /// Protects the RTP packet in the first `count` bytes of `buffer`, which must have room for
    /// `profile.rtpOverhead` more.
    /// - Returns: the new length.
    public mutating func protect(rtp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try check(buffer, count, minimum: RTPHeader.fixedLength, overhead: profile.rtpOverhead)
        if let length = try openSSL?.protect(buffer, count: count) { return length }
        return try libsrtp.protect(rtp: buffer.baseAddress, count: count)
    }

    /// Checks and decrypts the SRTP packet in the first `count` bytes of `buffer`. What they are after a refusal is
    /// not to be used.
    /// - Returns: the length of the RTP packet.
    public mutating func unprotect(rtp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try check(buffer, count, minimum: RTPHeader.fixedLength + profile.rtpOverhead, overhead: 0)
        if let length = try openSSL?.unprotect(buffer, count: count) { return length }
        return try libsrtp.unprotect(rtp: buffer.baseAddress, count: count)
    }

    /// Protects the compound RTCP packet in the first `count` bytes of `buffer`, which must have room for
    /// `profile.rtcpOverhead` more.
    /// - Returns: the new length.
    public mutating func protect(rtcp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try check(buffer, count, minimum: 8, overhead: profile.rtcpOverhead)
        return try libsrtp.protect(rtcp: buffer.baseAddress, count: count)
    }

    /// Checks and decrypts the SRTCP packet in the first `count` bytes of `buffer`. What they are after a refusal is
    /// not to be used.
    /// - Returns: the length of the RTCP packet.
    public mutating func unprotect(rtcp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try check(buffer, count, minimum: 8 + profile.rtcpOverhead, overhead: 0)
        return try libsrtp.unprotect(rtcp: buffer.baseAddress, count: count)
    }

    private func check(
        _ buffer: UnsafeMutableRawBufferPointer, _ count: Int, minimum: Int, overhead: Int
    ) throws(SRTPError) {
        guard count >= minimum, count <= 65_535 else { throw .malformed }
        guard count <= buffer.count - overhead else { throw .noRoom }
    }
}
