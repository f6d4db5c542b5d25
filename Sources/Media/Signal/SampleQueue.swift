/// Decoded samples that wait to be taken a frame at a time.
struct SampleQueue: ~Copyable {
    private let buffer: SampleBuffer
    private(set) var count = 0

    init(capacity: Int) { buffer = SampleBuffer(count: capacity) }

    /// How many more fit in.
    var free: Int { buffer.count - count }
    /// Where the next samples go; write there, then say how many with `append`.
    var end: UnsafeMutablePointer<Int16> { buffer.samples + count }

    mutating func append(_ more: Int) { count += min(max(more, 0), free) }

    mutating func appendSilence(_ more: Int) {
        let more = min(max(more, 0), free)
        end.update(repeating: 0, count: more)
        count += more
    }

    /// Moves the first `wanted` samples out; false, and nothing taken, when there are not so many.
    mutating func take(_ wanted: Int, into samples: UnsafeMutablePointer<Int16>) -> Bool {
        guard wanted <= count else { return false }
        samples.update(from: buffer.samples, count: wanted)
        count -= wanted
        if count > 0 { buffer.samples.update(from: buffer.samples + wanted, count: count) }
        return true
    }

    mutating func removeAll() { count = 0 }
}
