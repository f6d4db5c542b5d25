/// The audio codecs that are spoken here.
public enum AudioCodec: UInt8, Sendable, Hashable, CaseIterable {
    /// RFC 6716, RFC 7587.
    case opus
    /// ITU-T G.722 at 64 kbit/s; its RTP clock is 8000 although it samples at 16000 (RFC 3551 section 4.5.2).
    case g722
    /// G.711 µ-law (RFC 3551 section 4.5.14).
    case pcmu
    /// G.711 A-law.
    case pcma

    /// From the encoding name of `a=rtpmap` or XEP-0167, in any case, and its clock rate; nil for other codecs.
    public init?(encodingName: String, clockRate: Int) {
        switch (encodingName.lowercased(), clockRate) {
        case ("opus", 48000): self = .opus
        case ("g722", 8000): self = .g722
        case ("pcmu", 8000): self = .pcmu
        case ("pcma", 8000): self = .pcma
        default: return nil
        }
    }

    /// RTP timestamp units in a second.
    public var clockRate: Int { self == .opus ? 48000 : 8000 }
    /// Samples in a second that the codec itself works on.
    public var sampleRate: Int {
        switch self {
        case .opus: 48000
        case .g722: 16000
        case .pcmu, .pcma: 8000
        }
    }
    /// RTP timestamp units in one tick of 20 ms.
    var clockPerTick: UInt32 { self == .opus ? 960 : 160 }
}
