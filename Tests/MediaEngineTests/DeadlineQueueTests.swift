import Primitives
import Testing

@testable import MediaEngine

@Suite struct DeadlineQueueTests {
    private func at(_ number: Int) -> Instant { Instant(nanoseconds: Int64(number)) }

    @Test func theSoonestComesFirstAndWhatIsCalledOffNever() {
        var queue = DeadlineQueue<Int>()
        #expect(queue.earliest == nil)
        queue.set(1, at(30))
        queue.set(2, at(10))
        queue.set(3, at(20))
        #expect(queue.earliest == at(10))
        queue.set(2, at(40))
        #expect(queue.earliest == at(20))
        queue.set(3, nil)
        #expect(queue.earliest == at(30))
        #expect(queue.takeDue(at(29)).isEmpty)
        #expect(queue.takeDue(at(100)) == [1, 2])
        #expect(queue.earliest == nil)
    }

    @Test func itAgreesWithALookAtAllOfThem() {
        var queue = DeadlineQueue<Int>()
        var model: [Int: Int] = [:]
        var random = SplitMix64(1)
        for _ in 0..<20_000 {
            let key = Int.random(in: 0..<200, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                queue.set(key, nil)
                model[key] = nil
            case 1:
                let now = Int.random(in: 0..<300, using: &random)
                let due = Set(model.filter { $0.value <= now }.keys)
                #expect(Set(queue.takeDue(at(now))) == due)
                for key in due { model[key] = nil }
            default:
                let due = Int.random(in: 0..<1000, using: &random)
                queue.set(key, at(due))
                model[key] = due
            }
            #expect(queue.earliest == model.values.min().map(at))
        }
    }
}
