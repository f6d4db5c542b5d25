/// What a packet says about voice in it, without being decoded.
enum VoiceHint: Hashable {
    /// What the client says of itself (RFC 6464 section 3): dBov, and whether it takes it for voice.
    case level(Float, isVoice: Bool)
    /// How loud it is, in dBov, by the samples or what stands for them: G.711, G.722.
    case energy(Float)
    /// A frame that is there only to say that there is none: Opus DTX, comfort noise (RFC 3389).
    case pause
    /// The voice activity bits of SILK, and octets in 20 ms.
    case activity(Bool, octets: Float)
    /// Nothing but octets in 20 ms: CELT.
    case octets(Float)

    /// The step size of G.722 does not tell what is quieter.
    private static let leastG722: Float = -50

    /// - Parameters:
    ///   - client: the packet's RFC 6464 level, where it carries one.
    ///   - samples: at 48 kHz, in the payload.
    ///   - g722: the leg's own state, which each G.722 packet moves on.
    init(
        _ payload: UnsafeRawBufferPointer, _ codec: AudioCodec, samples: Int, client: AudioLevel.Client?,
        _ g722: inout G722Level
    ) {
        if let client {
            self = .level(-Float(client.level), isVoice: client.isVoice)
            return
        }
        switch codec {
        case .opus:
            let octets = Float(payload.count * AudioFrame.count) / Float(max(samples, 1))
            if payload.count <= 2 {
                self = .pause
            } else if let isActive = OpusActivity.isActive(payload) {
                self = .activity(isActive, octets: octets)
            } else {
                self = .octets(octets)
            }
        case .pcmu: self = .energy(Decibels.of(meanSquare: G711Energy.ulaw.meanSquare(payload)))
        case .pcma: self = .energy(Decibels.of(meanSquare: G711Energy.alaw.meanSquare(payload)))
        case .g722:
            let level = Decibels.of(meanSquare: Float(g722.energy(payload)))
            self = .energy(level < Self.leastG722 ? Decibels.least : level)
        }
    }
}
