import MediaSecurity

/// The SRTP of one participant, both ways.
struct Ciphers: ~Copyable {
    var sending: SRTPSession
    var receiving: SRTPSession

    init(_ keys: SRTPKeys) throws(MediaSecurityError) {
        let sending = try SRTPSession(sending: keys)
        let receiving = try SRTPSession(receiving: keys)
        self.sending = sending
        self.receiving = receiving
    }
}
