import Glibc
import Primitives
import Synchronization
import Testing

@testable import MediaEngine

@Suite struct RingTests {
    @Test func aRingGivesBackInOrderAndRefusesWhenFull() {
        let ring = SPSCRing<Int>(capacity: 4)
        for number in 0..<4 { #expect(ring.push(number)) }
        #expect(!ring.push(4))
        for number in 0..<4 { #expect(ring.pop() == number) }
        #expect(ring.pop() == nil)
    }

    @Test func nothingIsLostBetweenTwoThreads() async {
        let ring = SPSCRing<Int>(capacity: 64)
        let count = 100_000
        let producer = Task.detached {
            for number in 0..<count { while !ring.push(number) { sched_yield() } }
        }
        var expected = 0
        while expected < count {
            if let number = ring.pop() {
                #expect(number == expected)
                expected += 1
            } else {
                await Task.yield()
            }
        }
        await producer.value
    }

    @Test func whatIsLeftInARingIsFreedWithIt() {
        final class Witness {
            let gone: @Sendable () -> Void
            init(_ gone: @escaping @Sendable () -> Void) { self.gone = gone }
            deinit { gone() }
        }
        let freed = Freed()
        do {
            let ring = SPSCRing<Witness>(capacity: 8)
            for _ in 0..<3 { #expect(ring.push(Witness { freed.count.add(1, ordering: .relaxed) })) }
        }
        #expect(freed.count.load(ordering: .relaxed) == 3)
    }

    final class Freed: Sendable { let count = Atomic<Int>(0) }

    @Test func packetsKeepTheirBytesAndLabels() {
        let ring = PacketRing(capacity: 2)
        let source = SocketAddress(.loopback4, 9)
        let sent: [UInt8] = [1, 2, 3]
        sent.withUnsafeBytes {
            #expect(ring.push($0, socket: 5, source: source, arrival: 7))
            #expect(ring.push($0, socket: 6, source: source, arrival: 8))
            #expect(!ring.push($0, socket: 7, source: source, arrival: 9))
        }
        var seen: [[UInt8]] = []
        while let (memory, label) = ring.peek() {
            seen.append(Array(memory[..<label.length]))
            #expect(label.source == source)
            ring.pop()
        }
        ring.pop()
        let isEmpty = ring.peek() == nil
        #expect(isEmpty)
        #expect(seen == [sent, sent])
    }

    @Test func aDatagramThatDoesNotFitIsRefused() {
        let ring = PacketRing(capacity: 2)
        let long = [UInt8](repeating: 0, count: PacketRing.slotSize + 1)
        long.withUnsafeBytes {
            #expect(!ring.push($0, socket: 0, source: SocketAddress(.loopback4, 9), arrival: 0))
        }
    }
}
