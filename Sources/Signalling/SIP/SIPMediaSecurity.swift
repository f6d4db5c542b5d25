import MediaDescription
import SIP

/// How the media of SIP calls is to be protected: what calls of ours offer, and what is the least that is accepted.
public struct SIPMediaSecurity: Sendable, Hashable {
    public enum Offer: String, Sendable, Hashable, CaseIterable {
        /// RTP/AVP.
        case plain
        /// RTP/AVP with keys and a fingerprint, which the peer may take or leave (RFC 8643).
        case opportunistic
        /// RTP/SAVP (RFC 4568).
        case sdes
        /// UDP/TLS/RTP/SAVP on ports of the call's own (RFC 5763).
        case dtls
        /// UDP/TLS/RTP/SAVPF with ICE on the shared port (RFC 8839).
        case ice

        var protection: OfferProtection {
            switch self {
            case .plain: .none
            case .opportunistic: .opportunistic
            case .sdes: .sdes
            case .dtls, .ice: .dtls
            }
        }
    }

    public enum Least: String, Sendable, Hashable, CaseIterable {
        case none
        /// SRTP, however its keys came.
        case encrypted
        /// SRTP whose keys nobody on the way could read: of DTLS, or of SDES over TLS.
        case protectedKeys = "protected-keys"
        /// SRTP with keys of DTLS.
        case dtls
    }

    public var offer: Offer
    /// For calls to these hosts, with their ports where they have one.
    public var offers: [String: Offer]
    public var least: Least

    public init(offer: Offer = .plain, offers: [String: Offer] = [:], least: Least = .none) {
        self.offer = offer
        self.offers = offers
        self.least = least
    }

    /// What is offered to a host.
    func offer(to host: String) -> Offer { offers[host.lowercased()] ?? offer }

    /// Whether media of that protection is accepted in a call whose descriptions go by that transport.
    func accepts(_ protection: MediaProtection, by transport: SIPTransport) -> Bool {
        switch least {
        case .none: true
        case .encrypted: protection >= .sdes
        case .protectedKeys: protection >= (transport.isSecure ? .sdes : .dtls)
        case .dtls: protection >= .dtls
        }
    }
}

extension SIPMediaSecurity {
    /// What is offered, to anybody, though nothing that is accepted could come of it.
    public var offersBelowLeast: [Offer] {
        ([offer] + offers.values).filter { offer in
            switch offer {
            case .plain: least != .none
            case .sdes: least == .dtls
            case .opportunistic, .dtls, .ice: false
            }
        }
    }
}
