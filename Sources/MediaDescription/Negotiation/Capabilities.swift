/// What one side can do: the source of its offers and the measure of its answers.
public struct Capabilities: Hashable, Sendable {
    /// In order of preference, with those that are no sound of their own (`isSound`) among them; the payload numbers are those of our offers, the
    /// parameters what we like to receive.
    public var codecs: [Codec]
    /// Under the numbers of our offers, with the directions we are willing in.
    public var headerExtensions: [HeaderExtension]
    /// Milliseconds of media in a packet that we like to receive.
    public var ptime: Int

    public init(codecs: [Codec], headerExtensions: [HeaderExtension], ptime: Int = 20) {
        self.codecs = codecs
        self.headerExtensions = headerExtensions
        self.ptime = ptime
    }

    /// Opus (RFC 7587), G.722, PCMU, PCMA (RFC 3551); copies of Opus and PCMU (RFC 2198), which are taken and never
    /// sent; comfort noise (RFC 3389); telephone-event (RFC 4733); audio levels of RFC 6464 and RFC 6465.
    public static let standard = Capabilities(
        codecs: [
            Codec(
                payloadType: 111, name: "opus", clockRate: 48_000, channels: 2,
                parameters: [Parameter("minptime", "10"), Parameter("useinbandfec", "1")]),
            Codec(payloadType: 9, name: "G722", clockRate: 8_000),
            Codec(payloadType: 0, name: "PCMU", clockRate: 8_000),
            Codec(payloadType: 8, name: "PCMA", clockRate: 8_000),
            Codec(
                payloadType: 112, name: "red", clockRate: 48_000, channels: 2, parameters: [Parameter("", "111/111")]),
            Codec(payloadType: 113, name: "red", clockRate: 8_000, parameters: [Parameter("", "0/0")]),
            Codec(payloadType: 13, name: "CN", clockRate: 8_000),
            Codec(payloadType: 110, name: "telephone-event", clockRate: 48_000, parameters: [Parameter("", "0-16")]),
            Codec(payloadType: 101, name: "telephone-event", clockRate: 8_000, parameters: [Parameter("", "0-16")]),
        ],
        headerExtensions: [
            HeaderExtension(id: 1, uri: HeaderExtension.ssrcAudioLevel),
            HeaderExtension(id: 2, uri: HeaderExtension.csrcAudioLevel),
        ])
}

extension HeaderExtension {
    /// Level of the audio in the packet (RFC 6464).
    public static let ssrcAudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    /// Levels of the contributing sources, in the order of the CSRC list (RFC 6465).
    public static let csrcAudioLevel = "urn:ietf:params:rtp-hdrext:csrc-audio-level"
}

extension Codec {
    /// Whether it carries events instead of sound (RFC 4733).
    public var isTelephoneEvent: Bool { name.lowercased() == "telephone-event" }
    /// Whether it describes the noise of a pause (RFC 3389).
    public var isComfortNoise: Bool { name.lowercased() == "cn" }
    /// Whether it carries packets of another with copies of earlier ones (RFC 2198).
    public var isRedundancy: Bool { name.lowercased() == "red" }
    /// Whether it can be the codec of a call: none of the above.
    public var isSound: Bool { !isTelephoneEvent && !isComfortNoise && !isRedundancy }

    /// Whether both stand for the same encoding: name (without regard to case), clock rate and channels.
    public func matches(_ other: Codec) -> Bool {
        clockRate == other.clockRate && channels == other.channels && name.lowercased() == other.name.lowercased()
    }
}
