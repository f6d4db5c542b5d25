/// Recordings that are played one after another, a tick at a time.
struct PromptPlayer {
    /// Most that wait; what comes beyond is not played.
    static let limit = 32

    private var queue = InlineArray<32, Recording?>(repeating: nil)
    private var first = 0
    private var count = 0
    private var position = 0

    var isPlaying: Bool { count > 0 }

    func hasRoom(for more: Int) -> Bool { count + more <= Self.limit }

    mutating func add(_ recording: Recording) {
        guard count < Self.limit, recording.count > 0 else { return }
        queue[(first + count) % Self.limit] = recording
        count += 1
    }

    mutating func removeAll() {
        for index in 0..<Self.limit { queue[index] = nil }
        (first, count, position) = (0, 0, 0)
    }

    /// Fills a frame with what is next, and silence behind the end.
    mutating func take(into frame: UnsafeMutablePointer<Int16>) {
        var filled = 0
        while filled < AudioFrame.count, count > 0, let recording = queue[first] {
            let more = min(AudioFrame.count - filled, recording.count - position)
            (frame + filled).update(from: recording.samples + position, count: more)
            filled += more
            position += more
            guard position == recording.count else { continue }
            queue[first] = nil
            first = (first + 1) % Self.limit
            count -= 1
            position = 0
        }
        if filled < AudioFrame.count { (frame + filled).update(repeating: 0, count: AudioFrame.count - filled) }
    }
}
