public import Media
public import MediaSecurity
public import Primitives

/// Where media is received, and by how many threads.
public struct MediaSettings: Sendable {
    /// Addresses on which media is offered and received; empty for every one the machine has.
    public var addresses: [IPAddress]
    /// Behind NAT: what peers outside see in the place of those, one of a family.
    public var advertised: [IPAddress] = []
    /// Whether loopback is offered as a candidate too.
    public var loopback: Bool
    /// The one UDP port of all ICE participants.
    public var icePort: UInt16
    /// Ports for plain RTP, each even one with the odd one above it for RTCP.
    public var rtpPorts: ClosedRange<UInt16>
    /// Media threads; nil for one a core.
    public var workers: Int?
    /// How long a leg that sent before may send nothing; nil for ever.
    public var timeout: Duration?
    /// What protects RTP.
    public var srtp: SRTPBackend
    /// How rooms mix and encode.
    public var mix: MixConfiguration
    /// Where spoken words and tones are, a folder for each language, and which is spoken.
    public var promptFolder = "/usr/share/confab/prompts"
    public var promptLanguage = "en"
    /// A WAV file for who is held, in place of the tune among the prompts.
    public var holdMusic: String?
    /// Where and how rooms are recorded; nil when they are not.
    public var recording: RecordingSettings?

    public init(
        addresses: [IPAddress], loopback: Bool, icePort: UInt16, rtpPorts: ClosedRange<UInt16>, workers: Int?,
        srtp: SRTPBackend = .openSSL, mix: MixConfiguration = MixConfiguration()
    ) {
        self.addresses = addresses
        self.loopback = loopback
        self.icePort = icePort
        self.rtpPorts = rtpPorts
        self.workers = workers
        self.srtp = srtp
        self.mix = mix
    }

    /// The addresses themselves, best first.
    var resolved: [IPAddress] {
        if addresses.isEmpty { return LocalInterfaces.addresses(loopback: loopback) }
        return addresses + (loopback && !addresses.contains(.loopback4) ? [.loopback4] : [])
    }
}
