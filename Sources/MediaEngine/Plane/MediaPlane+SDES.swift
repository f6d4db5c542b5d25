import MediaDescription
import MediaSecurity
import Primitives

extension MediaPlane {
    /// SDES keys were settled, or the peer changed its own. Ours never changes, and with a new state of it its key stream
    /// would begin again: so it goes on with the state it has.
    func secure(_ session: MediaSession, _ sdes: AgreedSDES?) {
        guard let keys = sdes.flatMap(SRTPKeys.init), keys != session.keys else { return }
        let goesOn = session.keys?.send == keys.send
        session.keys = keys
        secure(session, keys, keepsOutbound: goesOn)
    }
}

extension SRTPKeys {
    init?(_ sdes: AgreedSDES) {
        guard let profile = SRTPProfile(cryptoSuite: sdes.suite.rawValue) else { return nil }
        self.init(
            profile: profile, send: sdes.send.bytes.secret, receive: sdes.receive.bytes.secret,
            receivedMKI: sdes.receive.mkiLength)
    }
}
