extension Negotiation {
    /// The answer to offered keys (RFC 4568 section 5.1.2): the first that can be used and whose suite is ours, under
    /// the offered tag; and what the two settle.
    static func sdes(
        answering offered: ContentDescription, local: LocalMedia
    ) -> (answer: SDESCrypto, agreed: AgreedSDES)? {
        let ours = local.cryptos.compactMap(\.key)
        for crypto in offered.cryptos {
            guard let theirs = crypto.key, let key = ours.first(where: { $0.suite == theirs.suite }),
                let agreed = AgreedSDES(send: key, receive: theirs)
            else { continue }
            return (SDESCrypto(tag: crypto.tag, key), agreed)
        }
        return nil
    }

    /// What the keys of our offer and of the answer settle (RFC 4568 section 5.1.3): the answer has one of the offered
    /// tags, with its suite. Nil when the answer leaves the keys that RTP/AVP offered (RFC 8643 section 3.2).
    static func sdes(
        _ ours: ContentDescription, answered theirs: ContentDescription
    ) throws(NegotiationError) -> AgreedSDES? {
        guard let crypto = theirs.cryptos.first, !ours.cryptos.isEmpty else {
            if ours.profile.isSecure || theirs.profile.isSecure { throw .badAnswer("no key") }
            return nil
        }
        guard theirs.cryptos.count == 1, let send = ours.cryptos.first(where: { $0.tag == crypto.tag })?.key,
            let receive = crypto.key, let agreed = AgreedSDES(send: send, receive: receive)
        else { throw .badAnswer("a key that was not offered") }
        return agreed
    }
}

extension TransportProfile {
    /// RTP without ICE: in the clear, or under keys of SDES or DTLS.
    var isRTPAlone: Bool { self != .unknown }

    /// SRTP under keys that stand in the description.
    var isSecure: Bool { self == .savp || self == .savpf }
}
