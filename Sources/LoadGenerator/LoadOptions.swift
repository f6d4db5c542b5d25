public import Primitives

/// What a run is to do; one value of this and a `Scenario` make a `LoadRun`.
public struct LoadOptions: Sendable {
    /// Where participants call to, and how.
    public enum Scenario: Sendable {
        /// SIP calls to a room; `%d` in the user stands for the room's number.
        case sip(target: String, overTCP: Bool)
        /// XMPP users who call `room@domain`: we are the server that the component connects to (XEP-0114).
        case jingle(listen: SocketAddress, secret: Redacted<String>, domain: String, room: String)
        /// Calls in pairs across a gateway: the participants with even numbers call an account of the server by SIP, under which
        /// those with odd numbers are registered, each answering the call of the one before.
        case gateway(target: String, password: Redacted<String>)
        /// RTP without signalling, to endpoints given as JSON lines.
        case rtp(endpoints: String, announce: Bool)
    }

    /// One participant's sound and a file.
    public struct Track: Sendable, Hashable {
        public var participant: Int
        public var path: String

        public init(participant: Int, path: String) {
            self.participant = participant
            self.path = path
        }
    }

    public var scenario: Scenario
    public var participants = 10
    /// Participants in a room; nil for all in one.
    public var roomSize: Int?
    public var codec = LoadCodec.opus
    /// Of those who are called across a gateway; nil for the same.
    public var calleeCodec: LoadCodec?
    /// Talkers in each room, the first to join it.
    public var talkers = 1
    public var rest = Rest.silence
    public var security = LoadSecurity.plain
    /// Share of the packets sent that get lost on the way, 0…1.
    public var loss = 0.0
    /// Each packet sent is held back for a random time up to this.
    public var jitter = Duration.zero
    /// Joins a second.
    public var ramp = 20.0
    public var duration = Duration.seconds(20)
    public var warmUp = Duration.seconds(2)
    /// WAV files that talkers read from; voices are made up when there are none.
    public var speech: [String] = []
    public var opusBitRate = 24_000
    public var marker = false
    /// How many listen for the marker.
    public var markerListeners = 3
    public var recordings: [Track] = []
    public var sounds: [Track] = []
    /// Shares of the participants, 0…1, that misbehave.
    public var bad: [BadInput: Double] = [:]
    /// Local address for RTP without signalling, and for SIP when it is not found by the route.
    public var localAddress: IPAddress?
    /// Most participants that share a local port where the peer has a port for each.
    public var sharedBy = 250
    /// The processor that the run keeps to; nil for any.
    public var processor: Int?
    /// Whether received SRTP is authenticated for all, and not only for those who listen or record.
    public var unprotectAll = false
    public var seed: UInt64 = 1

    public init(_ scenario: Scenario) { self.scenario = scenario }

    public var rooms: Int { (participants + (roomSize ?? participants) - 1) / max(roomSize ?? participants, 1) }

    /// The room of a participant and its place in it, both from 0.
    func place(of participant: Int) -> (room: Int, seat: Int) {
        let size = max(roomSize ?? participants, 1)
        return (participant / size, participant % size)
    }

    /// What a participant speaks in.
    func codec(of participant: Int) -> LoadCodec {
        guard let calleeCodec, !participant.isMultiple(of: 2) else { return codec }
        return calleeCodec
    }

    func isTalker(_ participant: Int) -> Bool { rest == .speech || place(of: participant).seat < talkers }
}
