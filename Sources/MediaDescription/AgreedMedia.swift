public import Primitives

/// What an offer and its answer settle for one audio content: all that the media side needs to know.
public struct AgreedMedia: Hashable, Sendable {
    /// Name of the content both descriptions call it by.
    public var name: String
    /// How we encode towards the peer: one of our codecs under the peer's payload number.
    public var sendCodec: Codec
    /// Codecs the peer may send, under the payload numbers we gave.
    public var receiveCodecs: [Codec]
    /// Payload number for telephone-event towards the peer, at `sendCodec`'s clock rate where there is a choice.
    public var sendEvents: Codec?
    public var receiveEvents: [Codec]
    /// As seen from us.
    public var direction: StreamDirection
    /// Milliseconds of media the peer would like in a packet; 20 when it does not say.
    public var ptime: Int
    public var rtcpMux: Bool
    /// Agreed header extensions under the numbers used on the wire; direction as seen from us.
    public var headerExtensions: [HeaderExtension]
    public var transport: AgreedTransport
    /// The keys of plain transport that is to be SRTP; nil when it is in the clear.
    public var sdes: AgreedSDES?
    /// The DTLS association of plain transport; nil when there is none.
    public var dtls: AgreedDTLS?
    /// Redundancy (RFC 2198) that the peer may send, of `receiveCodecs`.
    public var receiveRedundancy: [Codec]
    /// Payload number of comfort noise (RFC 3389) both ways; nil unless agreed and of `sendCodec`'s clock.
    public var comfortNoise: UInt8?

    public init(
        name: String, sendCodec: Codec, receiveCodecs: [Codec], sendEvents: Codec?, receiveEvents: [Codec],
        direction: StreamDirection, ptime: Int, rtcpMux: Bool, headerExtensions: [HeaderExtension],
        transport: AgreedTransport, sdes: AgreedSDES? = nil, dtls: AgreedDTLS? = nil, receiveRedundancy: [Codec] = [],
        comfortNoise: UInt8? = nil
    ) {
        self.name = name
        self.sendCodec = sendCodec
        self.receiveCodecs = receiveCodecs
        self.sendEvents = sendEvents
        self.receiveEvents = receiveEvents
        self.direction = direction
        self.ptime = ptime
        self.rtcpMux = rtcpMux
        self.headerExtensions = headerExtensions
        self.transport = transport
        self.sdes = sdes
        self.dtls = dtls
        self.receiveRedundancy = receiveRedundancy
        self.comfortNoise = comfortNoise
    }
}

/// How the agreed media travels.
public enum AgreedTransport: Hashable, Sendable {
    /// RTP without ICE to an address, in the clear or under the keys of `sdes` or `dtls`; symmetric: the peer's real source address takes over when it differs.
    case plain(rtp: SocketAddress, rtcp: SocketAddress)
    /// ICE, then DTLS-SRTP: the peer's fingerprints, and whether we open the handshake.
    case ice(remote: ICEParameters, fingerprints: [Fingerprint], isDTLSClient: Bool)
}
