/// What two listeners must have in common to share an encoded frame.
struct AudioEncoderClass: Sendable, Hashable {
    let codec: AudioCodec
    /// 1, 2 or 3.
    let ticksPerPacket: Int
    /// The standard one for other codecs than Opus.
    let opus: OpusProfile

    init(codec: AudioCodec, ticksPerPacket: Int, opus: OpusProfile = .standard) {
        self.codec = codec
        self.ticksPerPacket = min(max(ticksPerPacket, 1), 3)
        self.opus = codec == .opus ? opus : .standard
    }

    /// One more than the highest index there is: 69.
    static let bound = 12 + (OpusProfile.count - 1) * 3
    /// 0 ..< `bound`.
    var index: Int {
        let row = opus.index == 0 ? Int(codec.rawValue) : 3 + opus.index
        return row * 3 + ticksPerPacket - 1
    }

    /// Whether a packet ends with this tick.
    func ends(with tick: UInt64) -> Bool { tick % UInt64(ticksPerPacket) == UInt64(ticksPerPacket - 1) }

    /// Ticks from one packet of silence to the next: 400 ms for Opus, as its own DTX has it, about 200 ms for others;
    /// whole packets.
    var silenceInterval: Int { (codec == .opus ? 20 : 10) / ticksPerPacket * ticksPerPacket }
}
