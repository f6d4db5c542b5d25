import Conference
import Primitives
import Testing

@testable import MediaEngine

@Suite struct LoadBalanceTests {
    private func balance(_ loads: [Int]) -> LoadBalance {
        var balance = LoadBalance(loads.count)
        let start = Instant(nanoseconds: 1)
        _ = balance.measure(loads.map { _ in 0 }, at: start)
        _ = balance.measure(loads.map { Int64($0) * 2_000_000 }, at: start + .seconds(2))
        return balance
    }

    private func weight(_ mix: UInt64, _ cost: Int, spread: Int = 0) -> RoomWeight {
        RoomWeight(mix: MixID(mix), cost: cost, spread: spread)
    }

    @Test func loadsAreSharesOfTheTimeBetweenLooks() {
        var balance = LoadBalance(2)
        let isFirst = balance.measure([5_000_000_000, nil], at: Instant(nanoseconds: 1))
        #expect(!isFirst)
        let tooEarly = balance.measure([5_100_000_000, nil], at: Instant(nanoseconds: 1) + .seconds(1))
        #expect(!tooEarly)
        let isDue = balance.measure([6_000_000_000, 7], at: Instant(nanoseconds: 1) + .seconds(2))
        #expect(isDue && balance.loads == [500, 0])
    }

    @Test func threadsThatDifferLittleAreLeftAlone() {
        #expect(!balance([500, 300]).isUneven)
        #expect(balance([500, 300]).actions(0, [weight(1, 200)], legs: { _ in 10 }).isEmpty)
    }

    @Test func aRoomMovesOnlyWhenThatHelps() {
        let uneven = balance([700, 100])
        #expect(uneven.isUneven && uneven.busiest == 0)
        #expect(uneven.actions(0, [weight(1, 300), weight(2, 400)], legs: { _ in 10 }) == [.move(MixID(2), to: 1)])
        #expect(uneven.actions(0, [weight(1, 690)], legs: { _ in 10 }).isEmpty)
        #expect(uneven.actions(0, [weight(1, 300)], legs: { _ in nil }).isEmpty)
    }

    @Test func manySmallRoomsMoveUntilTheThreadsAreNear() {
        let rooms = (1...20).map { weight(UInt64($0), 40) }
        let moved = balance([800, 0]).actions(0, rooms, legs: { _ in 5 }).count
        #expect((8...9).contains(moved))
    }

    @Test func aRoomThatIsTheWholeLoadIsSpreadAndComesTogetherWhenItIsCalm() {
        let actions = balance([800, 0]).actions(0, [weight(1, 780)], legs: { _ in 2000 })
        guard case .spread(MixID(1), let count, 1)? = actions.first else { return #expect(Bool(false), "\(actions)") }
        #expect((300...1000).contains(count))
        #expect(balance([800, 0]).actions(0, [weight(1, 780)], legs: { _ in 100 }).isEmpty)
        #expect(
            balance([200, 100]).actions(0, [weight(1, 150, spread: 30)], legs: { _ in 100 }) == [
                .gather(MixID(1), count: 30)
            ])
    }
}
