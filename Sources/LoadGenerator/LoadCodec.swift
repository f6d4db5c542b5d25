/// What participants speak in; a frame is 20 ms.
public enum LoadCodec: String, Sendable, CaseIterable {
    case opus, pcmu, pcma, g722

    /// Samples a second that the encoder takes.
    var sampleRate: Int {
        switch self {
        case .opus: 48_000
        case .g722: 16_000
        case .pcmu, .pcma: 8_000
        }
    }

    /// RTP clock in hertz (RFC 7587; RFC 3551, whose G722 clock is not its sample rate).
    public var clockRate: Int { self == .opus ? 48_000 : 8_000 }

    var frameSamples: Int { sampleRate / 50 }
    var timestampStep: UInt32 { UInt32(clockRate / 50) }

    /// The name in `a=rtpmap`.
    var encodingName: String { self == .opus ? "opus" : rawValue.uppercased() }

    /// As offered: the static numbers of RFC 3551, 111 for Opus.
    public var payloadType: UInt8 {
        switch self {
        case .opus: 111
        case .pcmu: 0
        case .pcma: 8
        case .g722: 9
        }
    }
}
