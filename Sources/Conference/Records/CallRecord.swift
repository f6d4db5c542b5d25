public import Primitives

/// What is kept of one leg, from its first word to its last.
public struct CallRecord: Sendable, Hashable {
    public enum Direction: String, Sendable, Hashable { case incoming = "in", outgoing = "out" }

    /// By what it was signalled.
    public enum Signalling: String, Sendable, Hashable { case sip, jingle }

    /// Counts of its media, both ways (RFC 3550).
    public struct Media: Sendable, Hashable {
        /// Names of the codecs that were settled, in the order in which they were.
        public var codecs: [String]
        public var packetsSent: Int64
        public var packetsReceived: Int64
        /// RFC 3550 appendix A.3: below zero when more came than were sent.
        public var packetsLost: Int64
        /// Interarrival jitter (RFC 3550 section 6.4.1) at the end, in microseconds.
        public var jitter: Int64
        /// What became of its packets: decoded, given to the other leg of two as they came; and packets to it with sound that
        /// was encoded here.
        public var packetsDecoded: Int64
        public var packetsRelayed: Int64
        public var packetsEncoded: Int64

        public init(
            codecs: [String], packetsSent: Int64, packetsReceived: Int64, packetsLost: Int64, jitter: Int64,
            packetsDecoded: Int64 = 0, packetsRelayed: Int64 = 0, packetsEncoded: Int64 = 0
        ) {
            self.codecs = codecs
            self.packetsSent = packetsSent
            self.packetsReceived = packetsReceived
            self.packetsLost = packetsLost
            self.jitter = jitter
            self.packetsDecoded = packetsDecoded
            self.packetsRelayed = packetsRelayed
            self.packetsEncoded = packetsEncoded
        }

        /// Of the packets that should have come, 0…1.
        public var lossShare: Double {
            let expected = packetsReceived + packetsLost
            return expected > 0 ? max(0, Double(packetsLost) / Double(expected)) : 0
        }
    }

    /// One more than of the leg before; never given out twice.
    public let number: Int64
    public var signalling: Signalling
    public var direction: Direction
    /// The peer's.
    public var address: String
    public var name: String?
    /// What was dialled, by the peer or by us.
    public var dialled: String
    /// The room it is in, or was to be.
    public var room: String?
    /// The number of the caller's leg of a bridged call, on both its legs.
    public var bridge: Int64?
    public var started: WallTime
    public var answered: WallTime?
    public var ended: WallTime?
    /// `normal`, or what went wrong; nil while it is up.
    public var reason: String?
    public var media: Media?
    /// The class of the number that is called, and who is charged for it; nil for what is no number.
    public var numberClass: String?
    public var payer: String?
    /// The trunk that the call went out by.
    public var trunk: String?

    public init(
        number: Int64, signalling: Signalling, direction: Direction, address: String, name: String? = nil,
        dialled: String, room: String? = nil, bridge: Int64? = nil, started: WallTime, answered: WallTime? = nil,
        ended: WallTime? = nil, reason: String? = nil, media: Media? = nil
    ) {
        self.number = number
        self.signalling = signalling
        self.direction = direction
        self.address = address
        self.name = name
        self.dialled = dialled
        self.room = room
        self.bridge = bridge
        self.started = started
        self.answered = answered
        self.ended = ended
        self.reason = reason
        self.media = media
    }

    /// What a leg that was up ended with when the server did not live to see it.
    public static let restart = "restart"
}

extension EndReason {
    /// In a word, for records.
    public var recordWord: String {
        switch self {
        case .hangup: "normal"
        case .cancelled: "cancelled"
        case .busy: "busy"
        case .declined: "declined"
        case .noAnswer: "timeout"
        case .unavailable: "unavailable"
        case .notFound: "not-found"
        case .forbidden: "forbidden"
        case .incompatible: "incompatible"
        case .insecure: "insecure"
        case .connectivity: "connectivity"
        case .full: "full"
        case .expelled: "expelled"
        case .ended: "operator"
        case .locked: "locked"
        case .tooManyHops: "too-many-hops"
        case .barred(let refusal): refusal.word
        case .failed(let what): "failed: \(what.prefix(80))"
        }
    }
}
