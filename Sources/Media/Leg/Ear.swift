/// What it takes to hear a leg that is awake: lent to it out of its room's pool.
struct Ear: ~Copyable {
    var decoder: AudioDecoder
    var decoded = SampleQueue(capacity: AudioDecoder.longestPacket + 2 * AudioFrame.count)
    /// A packet left out to shorten the delay; what follows is blended into it.
    let skipped = SampleBuffer(count: AudioDecoder.longestPacket)
    var skippedCount = 0
    var stretcher = TimeStretcher()
    /// The tick's decoded samples.
    let frame = SampleBuffer(count: AudioFrame.count)
    var peak: Int16 = 0
    var lastPayloadLength = 0
    /// Of the packet decoded last.
    var lastSequence: UInt16?
    var comfort = PendingComfort()
    /// Whether what was made last is comfort noise, which is no voice however loud.
    var isComfort = false
    /// Ticks since the last that played anything.
    var idleTicks = 0
    /// Packets decoded, ever.
    var decodes: UInt64 = 0

    init(_ codec: AudioCodec) { decoder = AudioDecoder(codec) }

    var isReady: Bool { decoder.isReady }

    /// As new: for another leg, or another source.
    mutating func reset() {
        decoder.reset()
        decoded.removeAll()
        skippedCount = 0
        peak = 0
        lastPayloadLength = 0
        lastSequence = nil
        comfort = PendingComfort()
        isComfort = false
        idleTicks = 0
    }

    mutating func clearFrame() {
        guard peak > 0 else { return }
        frame.clear()
        peak = 0
    }
}
