public import Primitives

/// `a=ice-ufrag`, `a=ice-pwd`, `a=ice-options`, `a=ice-lite` (RFC 8839); `ufrag` and `pwd` of XEP-0176.
public struct ICEParameters: Hashable, Sendable {
    public var ufrag: String
    public var pwd: String
    public var isLite: Bool
    /// `trickle`, `renomination`, …
    public var options: [String]

    public init(ufrag: String, pwd: String, isLite: Bool = false, options: [String] = []) {
        self.ufrag = ufrag
        self.pwd = pwd
        self.isLite = isLite
        self.options = options
    }
}

/// `a=candidate` (RFC 8839 section 5.1), `<candidate/>` (XEP-0176 section 5.3).
public struct CandidateDescription: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable { case host, srflx, prflx, relay }

    public var foundation: String
    /// 1 for RTP, 2 for RTCP.
    public var component: Int
    /// Lower-case `udp`; others are kept and ignored by the agent.
    public var transport: String
    public var priority: UInt32
    public var address: SocketAddress
    public var kind: Kind
    public var relatedAddress: SocketAddress?
    /// XEP-0176 `generation`; 0 unless ICE was restarted.
    public var generation: Int
    /// XEP-0176 `network`; 0 unless known.
    public var network: Int
    /// XEP-0176 `id`; made from the other fields when empty.
    public var id: String
    /// `tcptype` and other extensions, in order.
    public var extensions: [Parameter]

    public init(
        foundation: String, component: Int, transport: String = "udp", priority: UInt32, address: SocketAddress,
        kind: Kind, relatedAddress: SocketAddress? = nil, generation: Int = 0, network: Int = 0, id: String = "",
        extensions: [Parameter] = []
    ) {
        self.foundation = foundation
        self.component = component
        self.transport = transport
        self.priority = priority
        self.address = address
        self.kind = kind
        self.relatedAddress = relatedAddress
        self.generation = generation
        self.network = network
        self.id = id
        self.extensions = extensions
    }
}

/// `a=fingerprint` (RFC 8122), `<fingerprint/>` (XEP-0320).
public struct Fingerprint: Hashable, Sendable {
    /// Lower-case hash name: `sha-256`.
    public var hash: String
    /// The digest's bytes.
    public var bytes: [UInt8]

    public init(hash: String, bytes: [UInt8]) {
        self.hash = hash
        self.bytes = bytes
    }
}

/// Who opens the DTLS handshake (RFC 4145, RFC 5763).
public enum SetupRole: String, Hashable, Sendable, CaseIterable { case active, passive, actpass, holdconn }

/// `a=crypto` (RFC 4568), `<crypto/>` (XEP-0167 section 7).
public struct SDESCrypto: Hashable, Sendable {
    public var tag: Int
    /// `AES_CM_128_HMAC_SHA1_80`, …
    public var suite: String
    /// `inline:…` as written.
    public var keyParameters: String
    public var sessionParameters: String

    public init(tag: Int, suite: String, keyParameters: String, sessionParameters: String = "") {
        self.tag = tag
        self.suite = suite
        self.keyParameters = keyParameters
        self.sessionParameters = sessionParameters
    }
}
