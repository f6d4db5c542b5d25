/// A payload type and what it stands for (`a=rtpmap` and `a=fmtp`; XEP-0167 `<payload-type>`).
public struct Codec: Hashable, Sendable {
    /// 0…127.
    public var payloadType: UInt8
    /// The encoding name as written; compare without regard to case.
    public var name: String
    /// RTP clock rate in hertz.
    public var clockRate: Int
    /// 1 when not given.
    public var channels: Int
    /// Format parameters in order; a parameter without `=` has an empty name and the whole text as its value
    /// (telephone-event's `0-15`).
    public var parameters: [Parameter]
    public var feedback: [RTCPFeedback]

    public init(
        payloadType: UInt8, name: String, clockRate: Int, channels: Int = 1, parameters: [Parameter] = [],
        feedback: [RTCPFeedback] = []
    ) {
        self.payloadType = payloadType
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.feedback = feedback
    }
}

/// A name and a value, as in `fmtp`, `<parameter/>` and `<source>`.
public struct Parameter: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// RTCP feedback that may be sent (RFC 4585 `a=rtcp-fb`, XEP-0293).
public struct RTCPFeedback: Hashable, Sendable {
    /// `nack`, `ccm`, `transport-cc`, …
    public var type: String
    public var subtype: String?

    public init(type: String, subtype: String? = nil) {
        self.type = type
        self.subtype = subtype
    }
}

/// A negotiated RTP header extension (RFC 8285, XEP-0294).
public struct HeaderExtension: Hashable, Sendable {
    /// 1…14 for one-byte headers.
    public var id: Int
    public var uri: String
    public var direction: StreamDirection

    public init(id: Int, uri: String, direction: StreamDirection = .sendrecv) {
        self.id = id
        self.uri = uri
        self.direction = direction
    }
}

/// A synchronisation source and its attributes (RFC 5576, XEP-0339).
public struct MediaSource: Hashable, Sendable {
    public var ssrc: UInt32
    /// `cname`, `msid`, …
    public var parameters: [Parameter]

    public init(ssrc: UInt32, parameters: [Parameter] = []) {
        self.ssrc = ssrc
        self.parameters = parameters
    }
}
