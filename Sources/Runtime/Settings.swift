public import Conference
public import MediaEngine
public import Primitives
public import SIP
public import Signalling

/// All that the operator decided, read once at start. `docs/configuration.md` explains each value.
public struct Settings: Sendable {
    public struct SIP: Sendable {
        /// UDP and TCP port.
        public var port: UInt16
        /// Most calls at a time.
        public var maximumCalls: Int
        /// Whose P-Asserted-Identity is believed.
        public var trustedPeers: [IPNetwork] = []
        /// Seconds of a session without refresh, and the least that is taken.
        public var sessionExpires: UInt32 = 1800
        public var minimumSession: UInt32 = 90
        /// Whether the factory URI redirects to the new room.
        public var redirectsFactory = false
        /// Nil: no TLS.
        public var tls: TLS?
        /// Nil: no WebSocket.
        public var webSocket: WebSocket?
        /// What peers outside of `localNetworks` see in the place of our addresses.
        public var advertised: [IPAddress] = []
        public var localNetworks: [IPNetwork] = IPNetwork.notRouted
        /// Hosts that calls go to by one transport alone.
        public var transports: [String: SIPTransport] = [:]
        /// How media is protected.
        public var security = SIPMediaSecurity()
        /// Name servers; none for the system's.
        public var dnsServers: [SocketAddress] = []

        /// Who is at home here; nil for nobody.
        public var accounts: SIPAccounts?
        public var authentication = SIPAuthentication.calls
        /// Our name and password where calls go, by the host of the route as written.
        public var credentials: [String: DigestUser] = [:]

        /// How the trunks are spoken with, by name.
        public var trunks: [String: SIPTrunk] = [:]

        /// How many calls a second are taken from one address, five times as many in a burst; and from one that is
        /// trusted, as this machine is. 0 for no limit.
        public var callsPerSecond = 10
        public var trustedCallsPerSecond = 1000

        public struct TLS: Sendable {
            public var port: UInt16
            /// PEM files: our chain, our key.
            public var certificate: String
            public var key: String
            /// Whether servers that we call must show a certificate that is theirs.
            public var verify: Bool
            /// PEM file of those whose word counts; nil for the system's.
            public var authorities: String?

            public init(port: UInt16, certificate: String, key: String, verify: Bool, authorities: String?) {
                self.port = port
                self.certificate = certificate
                self.key = key
                self.verify = verify
                self.authorities = authorities
            }
        }

        public struct WebSocket: Sendable {
            public var port: UInt16
            /// Served where TLS is.
            public var tlsPort: UInt16
            /// Origins of pages that may connect; empty for all.
            public var origins: [String]

            public init(port: UInt16, tlsPort: UInt16, origins: [String]) {
                self.port = port
                self.tlsPort = tlsPort
                self.origins = origins
            }
        }
    }

    public struct XMPP: Sendable {
        /// Host of the XMPP server's component port, a name or an address.
        public var server: String
        public var port: UInt16
        public var secret: Redacted<String>
        /// Whether the component port is reached by TLS (ejabberd can; Prosody's is plain).
        public var usesTLS: Bool
        /// Who is blocked, and how much all others may.
        public var limits = XMPPLimits()
    }

    /// Addresses on which signalling listens.
    public var listen: [IPAddress]
    public var sip: SIP
    /// Nil when only SIP is served.
    public var xmpp: XMPP?
    public var media: MediaSettings
    public var conference: ConferenceConfiguration
    /// How this host is reached from outside.
    public var traversal = TraversalSettings()
    /// Least time between two documents that tell a watcher of a room what changed in it.
    public var updateInterval = Duration.milliseconds(200)
    /// The SQLite file.
    public var storagePath: String
    /// Most texts that are kept of a room.
    public var archiveLength = 1000
    /// Days for which records of calls are kept; 0 for none.
    public var recordDays = 90

    public init(
        listen: [IPAddress], sip: SIP, xmpp: XMPP?, media: MediaSettings, conference: ConferenceConfiguration,
        storagePath: String
    ) {
        self.listen = listen
        self.sip = sip
        self.xmpp = xmpp
        self.media = media
        self.conference = conference
        self.storagePath = storagePath
    }
}

extension Settings.SIP {
    public init(
        listeningOn port: UInt16, maximumCalls: Int = 5000, tls: TLS? = nil, webSocket: WebSocket? = nil
    ) {
        self.port = port
        self.maximumCalls = maximumCalls
        self.tls = tls
        self.webSocket = webSocket
    }

    /// The port of each transport that is served.
    var ports: [SIPTransport: UInt16] {
        var ports: [SIPTransport: UInt16] = [.udp: port, .tcp: port]
        if let tls { ports[.tls] = tls.port }
        if let webSocket {
            ports[.ws] = webSocket.port
            if tls != nil { ports[.wss] = webSocket.tlsPort }
        }
        return ports
    }
}

extension Settings.XMPP {
    public init(componentPort port: UInt16, of server: String, secret: Redacted<String>, usesTLS: Bool) {
        self.server = server
        self.port = port
        self.secret = secret
        self.usesTLS = usesTLS
    }
}
