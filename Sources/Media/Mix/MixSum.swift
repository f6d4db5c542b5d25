/// The sum of everybody's frames, and the sum without one.
struct MixSum: ~Copyable {
    private let total: UnsafeMutablePointer<Int32>
    private let without: UnsafeMutablePointer<Int32>

    init() {
        total = .allocate(capacity: AudioFrame.count)
        without = .allocate(capacity: AudioFrame.count)
        total.initialize(repeating: 0, count: AudioFrame.count)
        without.initialize(repeating: 0, count: AudioFrame.count)
    }

    deinit {
        total.deallocate()
        without.deallocate()
    }

    func clear() { total.update(repeating: 0, count: AudioFrame.count) }

    /// At most 65,536 frames of full scale fit in 32 bits.
    func add(_ frame: UnsafePointer<Int16>) {
        for index in 0..<AudioFrame.count { total[index] &+= Int32(frame[index]) }
    }

    /// Everybody.
    var all: UnsafePointer<Int32> { UnsafePointer(total) }

    /// Everybody but the one whose frame this is; valid until the next call.
    func minus(_ frame: UnsafePointer<Int16>) -> UnsafePointer<Int32> {
        for index in 0..<AudioFrame.count { without[index] = total[index] &- Int32(frame[index]) }
        return UnsafePointer(without)
    }
}
