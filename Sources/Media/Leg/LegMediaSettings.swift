/// All that the media side of a leg needs to know: what offer and answer settled, without their words.
public struct LegMediaSettings: Sendable, Hashable {
    /// A codec under the payload number used for it.
    public struct Format: Sendable, Hashable {
        /// 0…127.
        public var payloadType: UInt8
        public var codec: AudioCodec

        public init(payloadType: UInt8, codec: AudioCodec) {
            self.payloadType = payloadType
            self.codec = codec
        }
    }

    /// telephone-event (RFC 4733) under a payload number, at one clock rate.
    public struct Events: Sendable, Hashable {
        public var payloadType: UInt8
        public var clockRate: Int

        public init(payloadType: UInt8, clockRate: Int) {
            self.payloadType = payloadType
            self.clockRate = clockRate
        }
    }

    /// Packets with copies of earlier ones (RFC 2198) under a payload number, of codecs with one clock rate.
    public struct Redundancy: Sendable, Hashable {
        public var payloadType: UInt8
        public var clockRate: Int

        public init(payloadType: UInt8, clockRate: Int) {
            self.payloadType = payloadType
            self.clockRate = clockRate
        }
    }

    /// How we encode towards the peer.
    public var send: Format
    /// What the peer may send; other payload numbers are dropped and counted.
    public var receive: [Format]
    /// telephone-event towards the peer; nil when not agreed.
    public var sendEvents: Events?
    public var receiveEvents: [Events]
    /// Whether we send RTP, as seen from us; without it the leg's clock runs on and nothing leaves.
    public var sends: Bool
    /// Whether what the peer sends is heard.
    public var receives: Bool
    /// Milliseconds of media in a packet that the peer would like; brought down to 20, 40 or 60.
    public var packetTime: Int
    /// Id of `urn:ietf:params:rtp-hdrext:ssrc-audio-level` (RFC 6464) in packets from the peer.
    public var clientLevelID: UInt8?
    /// Id of the same in packets to the peer, for what is relayed to it.
    public var levelID: UInt8?
    /// Id of `urn:ietf:params:rtp-hdrext:csrc-audio-level` (RFC 6465) in packets to the peer.
    public var mixerLevelID: UInt8?
    /// What the peer wants of the Opus it is sent; of no meaning for other codecs.
    public var opus: OpusPreferences
    /// Payload number of `CN/8000` (RFC 3389) both ways; nil when not agreed, or beside Opus.
    public var comfortNoise: UInt8?
    /// Redundancy that the peer may send; none is sent.
    public var redundancy: [Redundancy]
    /// The one SSRC with which this leg is sent everything.
    public var ssrc: UInt32
    /// RFC 7022 canonical name.
    public var cname: String

    public init(
        send: Format, receive: [Format], sendEvents: Events? = nil, receiveEvents: [Events] = [], sends: Bool = true,
        receives: Bool = true, packetTime: Int = 20, clientLevelID: UInt8? = nil, levelID: UInt8? = nil,
        mixerLevelID: UInt8? = nil, opus: OpusPreferences = .usual, comfortNoise: UInt8? = nil,
        redundancy: [Redundancy] = [], ssrc: UInt32, cname: String
    ) {
        self.send = send
        self.receive = receive
        self.sendEvents = sendEvents
        self.receiveEvents = receiveEvents
        self.sends = sends
        self.receives = receives
        self.packetTime = packetTime
        self.clientLevelID = clientLevelID
        self.levelID = levelID
        self.mixerLevelID = mixerLevelID
        self.opus = opus
        self.comfortNoise = comfortNoise
        self.redundancy = redundancy
        self.ssrc = ssrc
        self.cname = cname
    }

    /// Ticks of 20 ms in each packet we send: 1, 2 or 3.
    var ticksPerPacket: Int { min(max(packetTime / 20, 1), 3) }

    /// How the leg's packets are encoded while its peer's reports say so much about loss.
    func encoderClass(_ loss: LossControl, _ configuration: MixConfiguration) -> AudioEncoder.Class {
        AudioEncoder.Class(
            codec: send.codec, ticksPerPacket: ticksPerPacket,
            opus: OpusProfile(opus, loss, rate: configuration.opusBitRate))
    }
}
