public import Conference
public import MediaEngine
public import Primitives

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
    }

    public struct XMPP: Sendable {
        /// Host of the XMPP server's component port, a name or an address.
        public var server: String
        public var port: UInt16
        public var secret: Redacted<String>
        /// Whether the component port is reached by TLS (ejabberd can; Prosody's is plain).
        public var usesTLS: Bool
    }

    /// Addresses on which signalling listens.
    public var listen: [IPAddress]
    public var sip: SIP
    /// Nil when only SIP is served.
    public var xmpp: XMPP?
    public var media: MediaSettings
    public var conference: ConferenceConfiguration
    /// Least time between two documents that tell a watcher of a room what changed in it.
    public var updateInterval = Duration.milliseconds(200)
    /// The SQLite file.
    public var storagePath: String

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
    public init(listeningOn port: UInt16, maximumCalls: Int = 5000) {
        self.port = port
        self.maximumCalls = maximumCalls
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
