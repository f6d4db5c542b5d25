/// The sum of everybody's frames, and the sum without one.
struct MixSum: ~Copyable {
    private let total: UnsafeMutablePointer<Int32>
    private let without: UnsafeMutablePointer<Int32>
    private let zeros: UnsafeMutablePointer<Int32>
    private var isEmpty = true

    init() {
        total = .allocate(capacity: AudioFrame.count)
        without = .allocate(capacity: AudioFrame.count)
        zeros = .allocate(capacity: AudioFrame.count)
        zeros.initialize(repeating: 0, count: AudioFrame.count)
        total.initialize(repeating: 0, count: AudioFrame.count)
        without.initialize(repeating: 0, count: AudioFrame.count)
    }

    deinit {
        total.deallocate()
        without.deallocate()
        zeros.deallocate()
    }

    mutating func clear() {
        guard !isEmpty else { return }
        total.update(repeating: 0, count: AudioFrame.count)
        isEmpty = true
    }

    /// At most 65,535 frames of full scale fit in 32 bits.
    mutating func add(_ frame: UnsafePointer<Int16>) {
        if isEmpty {
            SampleKernels.widen(frame, into: total, count: AudioFrame.count)
        } else {
            SampleKernels.add(frame, to: total, count: AudioFrame.count)
        }
        isEmpty = false
    }

    /// Adds a sum.
    mutating func add(_ sums: UnsafePointer<Int32>) {
        if isEmpty { total.update(repeating: 0, count: AudioFrame.count) }
        for index in 0..<AudioFrame.count { total[index] &+= sums[index] }
        isEmpty = false
    }

    /// Everybody.
    var all: UnsafePointer<Int32> { UnsafePointer(total) }

    /// Everybody but the one whose frame this is; valid until the next call.
    func minus(_ frame: UnsafePointer<Int16>) -> UnsafePointer<Int32> {
        SampleKernels.subtract(frame, from: total, into: without, count: AudioFrame.count)
        return UnsafePointer(without)
    }

    /// Everybody but those whose sum this is; valid until the next call.
    func minus(_ sums: UnsafePointer<Int32>) -> UnsafePointer<Int32> {
        for index in 0..<AudioFrame.count { without[index] = total[index] &- sums[index] }
        return UnsafePointer(without)
    }

    /// Nobody.
    var nothing: UnsafePointer<Int32> { UnsafePointer(zeros) }

    /// One of the above and a frame beside it; valid until the next call.
    func plus(_ frame: UnsafePointer<Int16>, _ base: UnsafePointer<Int32>) -> UnsafePointer<Int32> {
        for index in 0..<AudioFrame.count { without[index] = base[index] &+ Int32(frame[index]) }
        return UnsafePointer(without)
    }
}
