import Primitives
import Testing

@testable import Signalling

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
}
