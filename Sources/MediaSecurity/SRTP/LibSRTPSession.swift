import CSRTP
import Primitives

/// One direction of SRTP and SRTCP over libsrtp (RFC 3711, RFC 7714), for any number of SSRCs.
struct LibSRTPSession: ~Copyable {
    private let context: srtp_t
    private let hasRTP: Bool

    enum Direction { case sending, receiving }

    /// - Parameter withRTP: false for RTCP alone, where libsrtp need not keep ciphers for RTP.
    init(
        _ direction: Direction, _ profile: SRTPProfile, key: [UInt8], withRTP: Bool
    ) throws(MediaSecurityError) {
        guard LibSRTPSession.library == srtp_err_status_ok else {
            throw MediaSecurityError(reason: "libsrtp does not start")
        }
        var policy = srtp_policy_t()
        switch profile {
        case .aes128CMSHA1_80:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
            if !withRTP { LibSRTPSession.leaveOut(&policy.rtp) }
        case .aeadAES128GCM:
            // libsrtp takes GCM for RTCP only with GCM for RTP.
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
        hasRTP = withRTP
    }

    deinit { srtp_dealloc(context) }

    func protect(rtp packet: UnsafeMutableRawPointer?, count: Int) throws(SRTPError) -> Int {
        guard hasRTP else { throw .failed(-1) }
        return try run(packet, count, srtp_protect)
    }

    func unprotect(rtp packet: UnsafeMutableRawPointer?, count: Int) throws(SRTPError) -> Int {
        guard hasRTP else { throw .failed(-1) }
        return try run(packet, count, srtp_unprotect)
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

    /// Null cipher (type 0) and no authentication (type 0), which take no memory. The key's length stays: libsrtp derives
    /// RTCP's keys from as many bytes.
    private static func leaveOut(_ policy: inout srtp_crypto_policy_t) {
        policy.cipher_type = 0
        policy.auth_type = 0
        policy.auth_key_len = 0
        policy.auth_tag_len = 0
        policy.sec_serv = sec_serv_none
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
