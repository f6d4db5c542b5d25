import Glibc
import Primitives

/// One direction of SRTP and SRTCP (RFC 3711, RFC 7714) for up to `maximumSources` SSRCs of each.
///
/// Packets are worked on in place and nothing is allocated for them. An authentic packet of a new SSRC is the one
/// exception: the second, third, fifth, ninth … makes the table of streams grow, and with libsrtp each does.
///
/// The two directions of a call are two values, which share nothing: each may live on a thread of its own, and move.
/// A value that moves takes its indices with it, so that no key stream is used twice.
/// `@unchecked Sendable`: neither OpenSSL's contexts nor libsrtp's session belong to a thread, the handle cannot be
/// copied, and every use is `mutating`, so whoever holds it has it alone.
public struct SRTPSession: ~Copyable, @unchecked Sendable {
    /// As many SSRCs as a session has states for. Only authentic packets make one, so this bounds what a peer that
    /// has the keys can take.
    public static let maximumSources = 256

    private let profile: SRTPProfile
    private let controlProfile: SRTPProfile
    /// Bytes of the master key identifier in what comes.
    private let mki: Int
    /// Nil when libsrtp does the work.
    private var rtp: RTPProtector?
    private var rtcp: SRTCPProtector?
    private var libsrtp: LibSRTPSession?
    /// The same for RTCP, which may have keys of its own.
    private var libsrtpControl: LibSRTPSession?

    /// For what this side sends.
    /// - Parameter control: the keys of RTCP, where it has an association of its own (RFC 5764 section 4.1.2).
    public init(
        sending keys: SRTPKeys, control: SRTPKeys? = nil, backend: SRTPBackend = .openSSL
    ) throws(MediaSecurityError) {
        let control = control.map { ($0.profile, $0.send.secret) }
        try self.init(.sending, (keys.profile, keys.send.secret), control, mki: 0, backend)
    }

    /// For what this side receives.
    public init(
        receiving keys: SRTPKeys, control: SRTPKeys? = nil, backend: SRTPBackend = .openSSL
    ) throws(MediaSecurityError) {
        let control = control.map { ($0.profile, $0.receive.secret) }
        try self.init(.receiving, (keys.profile, keys.receive.secret), control, mki: keys.receivedMKI, backend)
    }

    private typealias Key = (profile: SRTPProfile, bytes: [UInt8])

    private init(
        _ direction: LibSRTPSession.Direction, _ key: Key, _ control: Key?, mki: Int, _ backend: SRTPBackend
    ) throws(MediaSecurityError) {
        let other = control ?? key
        guard key.bytes.count == key.profile.masterLength, other.bytes.count == other.profile.masterLength else {
            throw MediaSecurityError(reason: "an SRTP key of the wrong length")
        }
        switch backend {
        case .openSSL:
            rtp = try RTPProtector(key.profile, master: key.bytes)
            rtcp = try SRTCPProtector(other.profile, master: other.bytes)
        case .libsrtp2:
            libsrtp = try LibSRTPSession(direction, key.profile, key: key.bytes)
            libsrtpControl = try LibSRTPSession(direction, other.profile, key: other.bytes)
        }
        self.mki = mki
        profile = key.profile
        controlProfile = other.profile
    }

    /// Protects the RTP packet in the first `count` bytes of `buffer`, which must have room for
    /// `profile.rtpOverhead` more.
    /// - Returns: the new length.
    public mutating func protect(rtp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try check(buffer, count, minimum: RTPHeader.fixedLength, overhead: profile.rtpOverhead)
        if let length = try rtp?.protect(buffer, count: count) { return length }
        if let length = try libsrtp?.protect(rtp: buffer.baseAddress, count: count) { return length }
        throw .failed(-1)
    }

    /// Checks and decrypts the SRTP packet in the first `count` bytes of `buffer`. What they are after a refusal is
    /// not to be used.
    /// - Returns: the length of the RTP packet.
    public mutating func unprotect(rtp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try check(buffer, count, minimum: RTPHeader.fixedLength + profile.rtpOverhead + mki, overhead: 0)
        let count = mki == 0 ? count : withoutMKI(buffer, count, tagLength: profile.tagBehindMKI(profile.rtpOverhead))
        if let length = try rtp?.unprotect(buffer, count: count) { return length }
        if let length = try libsrtp?.unprotect(rtp: buffer.baseAddress, count: count) { return length }
        throw .failed(-1)
    }

    /// Protects the compound RTCP packet in the first `count` bytes of `buffer`, which must have room for
    /// `profile.rtcpOverhead` more.
    /// - Returns: the new length.
    public mutating func protect(rtcp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try check(buffer, count, minimum: 8, overhead: controlProfile.rtcpOverhead)
        if let length = try rtcp?.protect(buffer, count: count) { return length }
        if let length = try libsrtpControl?.protect(rtcp: buffer.baseAddress, count: count) { return length }
        throw .failed(-1)
    }

    /// Checks and decrypts the SRTCP packet in the first `count` bytes of `buffer`. What they are after a refusal is
    /// not to be used.
    /// - Returns: the length of the RTCP packet.
    public mutating func unprotect(rtcp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try check(buffer, count, minimum: 8 + controlProfile.rtcpOverhead + mki, overhead: 0)
        let tagLength = controlProfile.tagBehindMKI(controlProfile.rtcpTagLength)
        let count = mki == 0 ? count : withoutMKI(buffer, count, tagLength: tagLength)
        if let length = try rtcp?.unprotect(buffer, count: count) { return length }
        if let length = try libsrtpControl?.unprotect(rtcp: buffer.baseAddress, count: count) { return length }
        throw .failed(-1)
    }

    /// Moves the tag to where it would be without an identifier before it.
    private func withoutMKI(_ buffer: UnsafeMutableRawBufferPointer, _ count: Int, tagLength: Int) -> Int {
        if let base = buffer.baseAddress, tagLength > 0 {
            memmove(base + (count - mki - tagLength), base + (count - tagLength), tagLength)
        }
        return count - mki
    }

    private func check(
        _ buffer: UnsafeMutableRawBufferPointer, _ count: Int, minimum: Int, overhead: Int
    ) throws(SRTPError) {
        guard count >= minimum, count <= 65_535 else { throw .malformed }
        guard count <= buffer.count - overhead else { throw .noRoom }
    }
}

extension SRTPProfile {
    /// Bytes of master key and master salt together.
    fileprivate var masterLength: Int { keyLength + saltLength }

    /// Bytes of tag that stand behind the identifier (RFC 3711 section 3.1); none with GCM (RFC 7714 section 8.1).
    fileprivate func tagBehindMKI(_ tagLength: Int) -> Int { self == .aeadAES128GCM ? 0 : tagLength }
}

extension RTPProtector {
    fileprivate init(_ profile: SRTPProfile, master: [UInt8]) throws(MediaSecurityError) {
        let derivation = try KeyDerivation(profile, master: master)
        self.init(try SRTPTransform(profile, derivation, .rtp, tagLength: profile.rtpOverhead))
    }
}

extension SRTCPProtector {
    fileprivate init(_ profile: SRTPProfile, master: [UInt8]) throws(MediaSecurityError) {
        let derivation = try KeyDerivation(profile, master: master)
        self.init(try SRTPTransform(profile, derivation, .rtcp, tagLength: profile.rtcpTagLength))
    }
}
