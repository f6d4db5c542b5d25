/// Samples that are freed with the last recording that plays them.
final class RecordingMemory: @unchecked Sendable {
    // Sendable: written once, before anybody else sees it.
    let samples: UnsafeMutablePointer<Int16>
    let count: Int

    init(_ source: some Collection<Int16>) {
        count = source.count
        samples = .allocate(capacity: max(source.count, 1))
        _ = UnsafeMutableBufferPointer(start: samples, count: count).initialize(from: source)
    }

    deinit { samples.deallocate() }
}
