import Primitives
import Testing

@Suite struct TimerHeapTests {
    @Test func theEarliestDeadlineComesFirst() {
        var heap = TimerHeap<Int>()
        var numbers = SplitMix64(9)
        let times = (0..<500).map { _ in Int64.random(in: 0..<1_000_000, using: &numbers) }
        for (index, time) in times.enumerated() { heap.push(Instant(nanoseconds: time), index) }
        var popped: [Int64] = []
        while let number = heap.pop(dueBy: Instant(nanoseconds: 500_000)) { popped.append(times[number]) }
        #expect(popped == times.filter { $0 <= 500_000 }.sorted())
        #expect(heap.next.map { $0.nanoseconds > 500_000 } == true)
    }
}
