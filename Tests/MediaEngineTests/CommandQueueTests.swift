import Synchronization
import Testing

@testable import MediaEngine

@Suite struct CommandQueueTests {
    @Test func nothingIsRefusedAndTheOrderIsKept() {
        let queue = CommandQueue<Int>()
        #expect(queue.pop() == nil)
        for number in 0..<50_000 { queue.push(number) }
        for number in 0..<50_000 where queue.pop() != number { Issue.record("\(number) is not in its place") }
        #expect(queue.pop() == nil)
    }

    @Test func whatIsLeftIsFreedOnce() {
        let witness = RingTests.Freed()
        do {
            let queue = CommandQueue<Witness>()
            for _ in 0..<3 { queue.push(Witness(witness)) }
            _ = queue.pop()
            #expect(witness.count.load(ordering: .relaxed) == 1)
        }
        #expect(witness.count.load(ordering: .relaxed) == 3)
    }

    private struct Witness: ~Copyable, Sendable {
        let freed: RingTests.Freed
        init(_ freed: RingTests.Freed) { self.freed = freed }
        deinit { freed.count.add(1, ordering: .relaxed) }
    }

    @Test func twoThreadsSeeTheSame() async {
        let queue = CommandQueue<Int>()
        let count = 100_000
        let producer = Task.detached { for number in 0..<count { queue.push(number) } }
        var expected = 0
        while expected < count {
            if let number = queue.pop() {
                if number != expected { Issue.record("\(number) instead of \(expected)") }
                expected += 1
            } else {
                await Task.yield()
            }
        }
        await producer.value
    }
}
