/// A recording is one listener more, who hears everybody: it takes the packets that all do who hear the common mix in
/// Opus, those of a lone talker too, and costs an encoder only where nobody else listens to Opus.
extension MixRoom {
    private static let kind = AudioEncoder.Class(codec: .opus, ticksPerPacket: 1)

    /// Whether the room is recorded.
    public var isRecorded: Bool { tape != nil }

    /// Hands what all hear to a tape from the next tick on, in place of one that was there.
    public mutating func record(on new: MixTape) {
        endRecording()
        guard let encoder = prepare(Self.kind) else { return new.end() }
        encoder.pointee.listeners += 1
        tape = Unmanaged.passRetained(new)
    }

    /// Ends the tape.
    public mutating func endRecording() {
        guard let old = tape else { return }
        tape = nil
        shared[Self.kind.index]?.pointee.listeners -= 1
        old.takeUnretainedValue().end()
        old.release()
    }

    /// The tick's packet goes to the tape; so does word of a tick without one.
    mutating func writeTape(isPassed: Bool) {
        guard let tape else { return }
        var payload = UnsafeRawBufferPointer(start: nil, count: 0)
        if isPassed {
            payload = passing.payload
        } else if quiet <= UInt32(configuration.tail), let encoder = shared[Self.kind.index] {
            let before = encoder.pointee.encodes
            payload = encoder.pointee.payload(common.samples, tick: ticks)
            work.encodes += encoder.pointee.encodes - before
        }
        tape._withUnsafeGuaranteedRef { $0.push(ticks, payload) }
    }

    /// Ticks passed in which nothing went on; the last of them was this one.
    func markTape(_ tick: UInt64) {
        tape?._withUnsafeGuaranteedRef { $0.push(tick, UnsafeRawBufferPointer(start: nil, count: 0)) }
    }
}
