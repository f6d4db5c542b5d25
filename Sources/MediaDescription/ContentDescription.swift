public import Primitives

/// One m-line of SDP, or one content of Jingle.
public struct ContentDescription: Hashable, Sendable {
    /// The `mid` or content name; empty when SDP gave none.
    public var name: String
    public var kind: MediaKind
    /// Who declared it (XEP-0166 `creator`); always `.initiator` in SDP.
    public var creator: Creator
    /// Port 0 in SDP (RFC 3264 section 6): offered and refused, or taken out.
    public var isRejected: Bool
    /// RTP profile of the m-line; what Jingle implies by the elements it carries.
    public var profile: TransportProfile
    /// As seen by the describer.
    public var direction: StreamDirection
    /// Payload types in order of preference.
    public var codecs: [Codec]
    /// `a=rtcp-fb:*` and XEP-0293 feedback for all payload types.
    public var feedback: [RTCPFeedback]
    public var headerExtensions: [HeaderExtension]
    /// RFC 5576 `a=ssrc`, XEP-0339 sources.
    public var sources: [MediaSource]
    public var rtcpMux: Bool
    /// Milliseconds of media in a packet (`a=ptime`), as the describer would like to receive.
    public var ptime: Int?
    public var maxptime: Int?
    /// Where plain RTP is to be sent: `c=` and the m-line's port. With ICE, the default candidate.
    public var address: SocketAddress?
    /// `a=rtcp` (RFC 3605); nil means port + 1, or the same with rtcp-mux.
    public var rtcpAddress: SocketAddress?
    public var ice: ICEParameters?
    public var candidates: [CandidateDescription]
    /// `a=end-of-candidates` (RFC 8838).
    public var endOfCandidates: Bool
    /// DTLS certificate fingerprints (RFC 8122, XEP-0320).
    public var fingerprints: [Fingerprint]
    public var setup: SetupRole?
    /// SDES keys (RFC 4568, XEP-0167 `<crypto>`).
    public var cryptos: [SDESCrypto]
    /// The protocol and formats of an m-line of which none is understood, kept so that it can be refused as it was
    /// written.
    public var opaque: OpaqueFormats?

    public init(
        name: String, kind: MediaKind = .audio, creator: Creator = .initiator, isRejected: Bool = false,
        profile: TransportProfile = .avp, direction: StreamDirection = .sendrecv, codecs: [Codec] = [],
        feedback: [RTCPFeedback] = [], headerExtensions: [HeaderExtension] = [], sources: [MediaSource] = [],
        rtcpMux: Bool = false, ptime: Int? = nil, maxptime: Int? = nil, address: SocketAddress? = nil,
        rtcpAddress: SocketAddress? = nil, ice: ICEParameters? = nil, candidates: [CandidateDescription] = [],
        endOfCandidates: Bool = false, fingerprints: [Fingerprint] = [], setup: SetupRole? = nil,
        cryptos: [SDESCrypto] = [], opaque: OpaqueFormats? = nil
    ) {
        self.name = name
        self.kind = kind
        self.creator = creator
        self.isRejected = isRejected
        self.profile = profile
        self.direction = direction
        self.codecs = codecs
        self.feedback = feedback
        self.headerExtensions = headerExtensions
        self.sources = sources
        self.rtcpMux = rtcpMux
        self.ptime = ptime
        self.maxptime = maxptime
        self.address = address
        self.rtcpAddress = rtcpAddress
        self.ice = ice
        self.candidates = candidates
        self.endOfCandidates = endOfCandidates
        self.fingerprints = fingerprints
        self.setup = setup
        self.cryptos = cryptos
        self.opaque = opaque
    }
}

/// `initiator` or `responder` of a Jingle session (XEP-0166 section 7.3).
public enum Creator: String, Hashable, Sendable { case initiator, responder }

/// The media of an m-line, or of a Jingle description's `media` attribute.
public enum MediaKind: Hashable, Sendable {
    case audio
    case video
    case other(String)
}

/// Which way media flows, as seen by the describer (RFC 3264 section 5.1; XEP-0166 `senders`).
public enum StreamDirection: String, Hashable, Sendable, CaseIterable {
    case sendrecv, sendonly, recvonly, inactive

    public init(sends: Bool, receives: Bool) {
        self =
            switch (sends, receives) {
            case (true, true): .sendrecv
            case (true, false): .sendonly
            case (false, true): .recvonly
            case (false, false): .inactive
            }
    }

    public var sends: Bool { self == .sendrecv || self == .sendonly }
    public var receives: Bool { self == .sendrecv || self == .recvonly }
    /// The same stream as the other side sees it.
    public var reversed: StreamDirection { StreamDirection(sends: receives, receives: sends) }
}

/// The transport profile of an m-line (RFC 3551, RFC 3711, RFC 4585, RFC 5124, RFC 5764).
public enum TransportProfile: String, Hashable, Sendable, CaseIterable {
    case avp = "RTP/AVP"
    case avpf = "RTP/AVPF"
    case savp = "RTP/SAVP"
    case savpf = "RTP/SAVPF"
    case dtlsSAVP = "UDP/TLS/RTP/SAVP"
    case dtlsSAVPF = "UDP/TLS/RTP/SAVPF"
    /// Something else; the m-line can only be refused.
    case unknown = "?"
}

/// The third and following fields of an m-line (RFC 8866 section 5.14).
public struct OpaqueFormats: Hashable, Sendable {
    /// `UDP/DTLS/SCTP`, `TCP/MSRP`, …
    public var profile: String
    public var formats: [String]

    public init(profile: String, formats: [String]) {
        self.profile = profile
        self.formats = formats
    }
}
