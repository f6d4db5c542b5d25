/// What an Opus packet says of itself (RFC 6716 section 3): its table of contents, without decoding.
struct OpusPacket: Hashable {
    enum Mode: UInt8, Hashable { case silk, hybrid, celt }

    /// The first octet.
    let toc: UInt8
    let mode: Mode
    /// Hertz of sound in it: 4000, 6000, 8000, 12000, 20000.
    let bandwidth: Int
    /// Samples at 48 kHz in each frame, and in all of them.
    let frame: Int
    let samples: Int
    let isStereo: Bool
    /// A packet that only says that nothing is sent (RFC 6716 section 3.2.1): at most two octets, or no frame with
    /// anything in it.
    let isDTX: Bool

    /// Nil for what is no Opus packet, or longer than 120 ms.
    init?(_ payload: UnsafeRawBufferPointer) {
        guard let first = payload.first, let samples = OpusDecoder.samples(in: payload),
            samples <= AudioDecoder.longestPacket
        else { return nil }
        toc = first
        self.samples = samples
        isStereo = first & 4 != 0
        isDTX = payload.count <= 2
        let configuration = Int(first >> 3)
        switch configuration {
        case 0..<12:
            mode = .silk
            bandwidth = 4000 + configuration / 4 * 2000
            frame = configuration % 4 == 3 ? 2880 : 480 << (configuration % 4)
        case 12..<16:
            mode = .hybrid
            bandwidth = configuration < 14 ? 12000 : 20000
            frame = configuration.isMultiple(of: 2) ? 480 : 960
        default:
            mode = .celt
            let band = (configuration - 16) / 4
            bandwidth = band == 3 ? 20000 : 4000 + band * 4000
            frame = 120 << (configuration % 4)
        }
    }

    /// Whether a packet carries forward error correction of the one before it (RFC 6716 section 4.2.4): the bit after the
    /// activity bits of its first SILK frame. False for packets of several frames of different sizes.
    static func hasCorrection(_ packet: UnsafeRawBufferPointer) -> Bool {
        guard packet.count >= 2, packet[0] >> 3 < 16, packet[0] & 3 < 2 else { return false }
        let configuration = Int(packet[0] >> 3)
        let silkFrames = configuration < 12 ? max(configuration & 3, 1) : 1
        return packet[1] >> UInt8(7 - silkFrames) & 1 == 1
    }
}
