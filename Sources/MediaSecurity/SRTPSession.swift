import CSRTP
import Primitives

/// One direction of SRTP and SRTCP over libsrtp (RFC 3711, RFC 7714), for any number of SSRCs.
///
/// Packets are worked on in place and nothing is allocated for them, but for the first packet of an SSRC.
/// `@unchecked Sendable`: libsrtp's session belongs to no thread, the handle cannot be copied, and every use is
/// `mutating`, so whoever holds it has it alone.
public struct SRTPSession: ~Copyable, @unchecked Sendable {
    private let context: srtp_t
    private let profile: SRTPProfile

    /// For what this side sends.
    public init(sending keys: SRTPKeys) throws(MediaSecurityError) {
        self.profile = keys.profile
        context = try SRTPSession.create(keys.profile, key: keys.send.secret, direction: ssrc_any_outbound)
    }

    /// For what this side receives.
    public init(receiving keys: SRTPKeys) throws(MediaSecurityError) {
        self.profile = keys.profile
        context = try SRTPSession.create(keys.profile, key: keys.receive.secret, direction: ssrc_any_inbound)
    }

    deinit { srtp_dealloc(context) }

    /// Protects the RTP packet in the first `count` bytes of `buffer`, which must have room for
    /// `profile.rtpOverhead` more.
    /// - Returns: the new length.
    public mutating func protect(rtp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try run(buffer, count: count, minimum: 12, overhead: profile.rtpOverhead, srtp_protect)
    }

    /// Checks and decrypts the SRTP packet in the first `count` bytes of `buffer`.
    /// - Returns: the length of the RTP packet.
    public mutating func unprotect(rtp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try run(buffer, count: count, minimum: 12 + profile.rtpOverhead, overhead: 0, srtp_unprotect)
    }

    /// Protects the compound RTCP packet in the first `count` bytes of `buffer`, which must have room for
    /// `profile.rtcpOverhead` more.
    /// - Returns: the new length.
    public mutating func protect(rtcp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try run(buffer, count: count, minimum: 8, overhead: profile.rtcpOverhead, srtp_protect_rtcp)
    }

    /// Checks and decrypts the SRTCP packet in the first `count` bytes of `buffer`.
    /// - Returns: the length of the RTCP packet.
    public mutating func unprotect(rtcp buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        try run(buffer, count: count, minimum: 8 + profile.rtcpOverhead, overhead: 0, srtp_unprotect_rtcp)
    }

    private func run(
        _ buffer: UnsafeMutableRawBufferPointer, count: Int, minimum: Int, overhead: Int,
        _ operation:
            @convention(c) (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?) -> srtp_err_status_t
    ) throws(SRTPError) -> Int {
        guard count >= minimum, count <= 65_535 else { throw .malformed }
        guard count <= buffer.count - overhead else { throw .noRoom }
        var length = Int32(count)
        let status = operation(context, buffer.baseAddress, &length)
        guard status == srtp_err_status_ok else { throw SRTPError(status) }
        return Int(length)
    }

    /// libsrtp is initialised once, by whoever asks first: a static is made under a lock.
    private static let library = srtp_init()

    private static func create(
        _ profile: SRTPProfile, key: [UInt8], direction: srtp_ssrc_type_t
    ) throws(MediaSecurityError) -> srtp_t {
        guard library == srtp_err_status_ok else { throw MediaSecurityError(reason: "libsrtp does not start") }
        guard key.count == profile.keyLength + profile.saltLength else {
            throw MediaSecurityError(reason: "an SRTP key of the wrong length")
        }
        var policy = srtp_policy_t()
        switch profile {
        case .aes128CMSHA1_80:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aeadAES128GCM:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        }
        policy.ssrc.type = direction
        policy.window_size = 1024
        var key = key
        var session: srtp_t?
        let status = key.withUnsafeMutableBufferPointer { bytes in
            policy.key = bytes.baseAddress
            return srtp_create(&session, &policy)
        }
        guard status == srtp_err_status_ok, let session else {
            throw MediaSecurityError(reason: "libsrtp refuses \(profile.name): status \(status.rawValue)")
        }
        return session
    }
}

extension SRTPError {
    init(_ status: srtp_err_status_t) {
        switch status {
        case srtp_err_status_auth_fail, srtp_err_status_cipher_fail: self = .authentication
        case srtp_err_status_replay_fail, srtp_err_status_replay_old: self = .replay
        case srtp_err_status_bad_param, srtp_err_status_parse_err: self = .malformed
        case srtp_err_status_key_expired: self = .keyExpired
        default: self = .failed(Int32(truncatingIfNeeded: status.rawValue))
        }
    }
}
