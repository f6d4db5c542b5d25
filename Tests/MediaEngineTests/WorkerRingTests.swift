import Glibc
import Primitives
import Testing

@testable import MediaEngine

@Suite struct WorkerRingTests {
    private func push(_ ring: WorkerRing, _ bytes: [UInt8], _ number: Int) -> Bool {
        bytes.withUnsafeBytes { ring.push($0, WorkerRing.Label(length: 0, number: Int32(number), kind: .rtp)) }
    }

    @Test func packetsOfAllSizesComeOutAsTheyWentInAndHaveHeadroom() {
        let ring = WorkerRing(size: 8192)
        var random = SplitMix64(5)
        var expected: [(Int, [UInt8])] = []
        for number in 0..<20_000 {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Int(random.next() % 1500))
            if push(ring, bytes, number) { expected.append((number, bytes)) }
            guard random.next() % 3 == 0 else { continue }
            while !expected.isEmpty, let (memory, label) = ring.take() {
                let (number, bytes) = expected.removeFirst()
                #expect(Int(label.number) == number && Array(memory[..<Int(label.length)]) == bytes)
                #expect(memory.count == bytes.count + 64)
                memory[memory.count - 1] = 0xee
            }
            ring.free()
        }
    }

    @Test func whatIsFullOrTooLongIsRefusedAndNothingIsOverwrittenBeforeItIsFree() {
        let ring = WorkerRing(size: 8192)
        #expect(!push(ring, [UInt8](repeating: 0, count: 2049), 0))
        var count = 0
        while push(ring, [UInt8](repeating: 1, count: 1000), count) { count += 1 }
        #expect(count == 7)
        for number in 0..<3 { #expect(ring.take()?.label.number == Int32(number)) }
        #expect(!push(ring, [2], 9))
        ring.free()
        #expect(push(ring, [2], 9))
    }

    @Test func twoThreadsSeeTheSamePackets() {
        let ring = WorkerRing(size: 1 << 16)
        let total = 100_000
        final class Box: Sendable {
            let ring: WorkerRing
            let total: Int
            init(_ ring: WorkerRing, _ total: Int) { (self.ring, self.total) = (ring, total) }
        }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(ring, total)).toOpaque()
        pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let box = Unmanaged<Box>.fromOpaque(raw).takeRetainedValue()
                for number in 0..<box.total {
                    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number % 300)
                    bytes.withUnsafeBytes {
                        while !box.ring.push($0, .init(length: 0, number: Int32(number), kind: .rtcp)) { sched_yield() }
                    }
                }
                return nil
            }, box)
        var next = 0
        var isRight = true
        while next < total {
            guard let (memory, label) = ring.take() else {
                ring.free()
                sched_yield()
                continue
            }
            isRight = isRight && Int(label.number) == next && Int(label.length) == next % 300
            if let last = memory[..<Int(label.length)].last { isRight = isRight && last == UInt8(next & 255) }
            next += 1
        }
        pthread_join(thread, nil)
        #expect(isRight)
    }
}
