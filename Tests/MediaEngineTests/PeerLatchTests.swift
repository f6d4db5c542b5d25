import Conference
import Primitives
import Testing

@testable import MediaEngine

@Suite struct PeerLatchTests {
    private let signalled = SocketAddress(.v4(0xc000_0201), 4000)
    private let behindNAT = SocketAddress(.v4(0xc633_6401), 5000)
    private let stranger = SocketAddress(.v4(0xcb00_7101), 6000)

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private func accepts(_ latch: inout PeerLatch, _ source: SocketAddress, _ now: Instant) -> Bool {
        latch.accepts(source, at: now)
    }

    @Test func nothingIsTakenBeforeAnAddressIsSignalled() {
        var latch = PeerLatch()
        #expect(!accepts(&latch, stranger, at(0)))
        #expect(latch.destination == nil)
    }

    @Test func thePeerBehindNATIsAnsweredWhereItReallyIs() {
        var latch = PeerLatch()
        latch.signal(signalled)
        #expect(latch.destination == signalled)
        #expect(accepts(&latch, behindNAT, at(0)))
        #expect(latch.destination == behindNAT)
    }

    @Test func aStrangerDoesNotTakeAStandingCallOver() {
        var latch = PeerLatch()
        latch.signal(signalled)
        #expect(accepts(&latch, signalled, at(0)))
        for time in stride(from: 20 as Int64, to: 10_000, by: 20) {
            #expect(accepts(&latch, signalled, at(time)))
            #expect(!accepts(&latch, stranger, at(time + 1)))
        }
        #expect(latch.destination == signalled)
    }

    @Test func theSignalledAddressTakesItsCallBackFromAStrangerWhoWasFirst() {
        var latch = PeerLatch()
        latch.signal(signalled)
        #expect(accepts(&latch, stranger, at(0)))
        #expect(accepts(&latch, signalled, at(20)))
        #expect(!accepts(&latch, stranger, at(40)))
        #expect(latch.destination == signalled)
    }

    @Test func aNewMappingIsFollowedOnceTheOldOneIsSilent() {
        var latch = PeerLatch()
        latch.signal(signalled)
        #expect(accepts(&latch, behindNAT, at(0)))
        #expect(!accepts(&latch, stranger, at(2000)))
        #expect(accepts(&latch, stranger, at(4000)))
    }

    @Test func aNewDescriptionBeginsAnew() {
        var latch = PeerLatch()
        latch.signal(signalled)
        #expect(accepts(&latch, behindNAT, at(0)))
        latch.signal(stranger)
        #expect(latch.destination == stranger)
    }

    @Test func nothingIsSentToWhoIsHeldByTheUnspecifiedAddress() {
        var latch = PeerLatch()
        latch.signal(SocketAddress(.any4, 4000))
        #expect(latch.destination == nil)
        latch.signal(SocketAddress(signalled.ip, 0))
        #expect(latch.destination == nil)
        latch.signal(signalled)
        #expect(latch.destination == signalled)
    }
}

@Suite struct RefusedPacketsTests {
    @Test func theyAreToldOfOnceASecondAndNoneIsForgotten() {
        var leg = WorkerLeg(LegID(1), .shared)
        var told: [Int] = []
        for milliseconds in stride(from: 0 as Int64, through: 3000, by: 20) {
            if let count = leg.refuse(at: Instant(nanoseconds: milliseconds * 1_000_000)) { told.append(count) }
        }
        #expect(told == [1, 50, 50, 50])
    }
}
