import CSRTP
import Primitives

/// One direction of SRTP and SRTCP over libsrtp (RFC 3711, RFC 7714), for any number of SSRCs.
struct LibSRTPSession: ~Copyable {
    private let context: srtp_t

    enum Direction { case sending, receiving }

    init(_ direction: Direction, _ profile: SRTPProfile, key: [UInt8]) throws(MediaSecurityError) {
        guard LibSRTPSession.library == srtp_err_status_ok else {
            throw MediaSecurityError(reason: "libsrtp does not start")
        }
        var policy = srtp_policy_t()
        switch profile {
        case .aes128CMSHA1_80:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aes128CMSHA1_32:
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aeadAES128GCM:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        }
        switch direction {
        case .sending: policy.ssrc.type = ssrc_any_outbound
        case .receiving: policy.ssrc.type = ssrc_any_inbound
        }
        policy.window_size = UInt(ReplayWindow.size)
        var key = key
        var session: srtp_t?
        let status = key.withUnsafeMutableBufferPointer { bytes in
            policy.key = bytes.baseAddress
            return srtp_create(&session, &policy)
        }
        guard status == srtp_err_status_ok, let session else {
            throw MediaSecurityError(reason: "libsrtp refuses \(profile.name): status \(status.rawValue)")
        }
        context = session
    }

    deinit { srtp_dealloc(context) }

    func protect(rtp packet: UnsafeMutableRawPointer?, count: Int) throws(SRTPError) -> Int {
        try run(packet, count, srtp_protect)
    }

    func unprotect(rtp packet: UnsafeMutableRawPointer?, count: Int) throws(SRTPError) -> Int {
        try run(packet, count, srtp_unprotect)
    }

    func protect(rtcp packet: UnsafeMutableRawPointer?, count: Int) throws(SRTPError) -> Int {
        try run(packet, count, srtp_protect_rtcp)
    }

    func unprotect(rtcp packet: UnsafeMutableRawPointer?, count: Int) throws(SRTPError) -> Int {
        try run(packet, count, srtp_unprotect_rtcp)
    }

    private func run(
        _ packet: UnsafeMutableRawPointer?, _ count: Int,
        _ operation:
            @convention(c) (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?) -> srtp_err_status_t
    ) throws(SRTPError) -> Int {
        guard var length = Int32(exactly: count) else { throw .malformed }
        let status = operation(context, packet, &length)
        guard status == srtp_err_status_ok else { throw SRTPError(status) }
        return Int(length)
    }

    /// libsrtp is initialised once, by whoever asks first: a static is made under a lock.
    private static let library = srtp_init()
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
