import Testing

@testable import Primitives

@Suite struct AlarmTableTests {
    private struct Sleeper: Alarmed { var nextWake: Instant? }

    private func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

    @Test func nothingIsWokenLateAndEverythingOnce() {
        var generator = SplitMix64(3)
        var table = AlarmTable<Int, Sleeper>()
        var now: Int64 = 0
        for _ in 0..<5000 {
            let key = Int.random(in: 0..<40, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: table[key] = nil
            case 1: table[key] = Sleeper(nextWake: nil)
            default: table[key] = Sleeper(nextWake: at(now + .random(in: 0...50, using: &generator)))
            }
            if let due = table.values.values.compactMap(\.nextWake).min() {
                #expect((table.nextWake ?? at(.max / 2_000_000_000)) <= due)
            }
            now += .random(in: 0...3, using: &generator)
            let expected = table.values.filter { $0.value.nextWake.map { $0 <= at(now) } ?? false }.map(\.key)
            let woken = table.takeDue(by: at(now))
            #expect(woken.sorted() == expected.sorted())
            for key in woken {
                table[key]?.nextWake = Bool.random(using: &generator) ? nil : at(now + 10)
                table.arm(key)
            }
        }
    }

    @Test func alarmsThatBecameVoidAreNotKept() {
        var table = AlarmTable<Int, Sleeper>()
        for key in 0..<10_000 {
            table[key] = Sleeper(nextWake: at(3600))
            table[key] = nil
        }
        #expect(table.count == 0)
        #expect(table.alarmCount < 100)
        for second in 0..<10_000 { table[1] = Sleeper(nextWake: at(20_000 - Int64(second))) }
        #expect(table.alarmCount < 100)
    }

    @Test func theSoonestComesFirstAndWhatIsCalledOffNever() {
        var table = AlarmTable<Int, Sleeper>()
        #expect(table.nextWake == nil)
        table[1] = Sleeper(nextWake: at(30))
        table[2] = Sleeper(nextWake: at(10))
        table[3] = Sleeper(nextWake: at(20))
        #expect(table.nextWake == at(10))
        table[2]?.nextWake = at(40)
        #expect(table.nextWake == at(20))
        table[3]?.nextWake = nil
        #expect(table.nextWake == at(30))
        #expect(table.takeDue(by: at(29)).isEmpty)
        #expect(table.takeDue(by: at(100)) == [1, 2])
        #expect(table.nextWake == nil)
    }

    @Test func theNextWakeIsTheEarliestOfAllAtAnyTime() {
        var table = AlarmTable<Int, Sleeper>()
        var random = SplitMix64(1)
        for _ in 0..<20_000 {
            let key = Int.random(in: 0..<200, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: table[key] = nil
            case 1:
                let now = at(.random(in: 0..<300, using: &random))
                let due = Set(table.values.filter { $0.value.nextWake.map { $0 <= now } ?? false }.keys)
                #expect(Set(table.takeDue(by: now)) == due)
                for key in due { table[key] = nil }
            default: table[key] = Sleeper(nextWake: at(.random(in: 0..<1000, using: &random)))
            }
            #expect(table.nextWake == table.values.values.compactMap(\.nextWake).min())
        }
    }

    private final class Mover: Alarmed { var nextWake: Instant? }

    @Test func anObjectIsHeardOfWhenItIsArmed() {
        var table = AlarmTable<Int, Mover>()
        let movers = [Mover(), Mover()]
        for (key, mover) in movers.enumerated() { table[key] = mover }
        #expect(table.nextWake == nil)
        for (key, second) in [(0, Int64(20)), (1, 30), (0, 40), (1, 10)] {
            movers[key].nextWake = at(second)
            table.arm(key)
            #expect(table.nextWake == movers.compactMap(\.nextWake).min())
        }
        movers[1].nextWake = nil
        table.arm(1)
        #expect(table.nextWake == at(40))
    }
}
