import Primitives
import Testing

@testable import SIP

@Suite struct SubscriptionTests {
    private func state(_ subscription: Subscription, at now: Instant) -> String? {
        let from = NameAddress(SIPURI(host: "x"))
        var notify = SIPMessage(.notify, from.uri, from: from, to: from, callID: "1", sequence: 1)
        subscription.stamp(&notify, at: now)
        #expect(notify.event?.parameters["id"] == "7")
        return notify.header("Subscription-State")
    }

    private func wake(_ subscription: inout Subscription, at now: Instant) -> Bool { subscription.wake(at: now) }

    private let event = ParameterizedValue(parsing: "conference;id=7")

    @Test func timeRunsDownUntilARefreshAndEndsIt() {
        var subscription = Subscription(event: event, seconds: 100, at: .zero)
        let later = Instant.zero + .seconds(60)
        #expect(state(subscription, at: later) == "active;expires=40")
        #expect(wake(&subscription, at: later) == false)
        subscription.refresh(seconds: 100, at: later)
        #expect(wake(&subscription, at: .zero + .seconds(159)) == false)
        #expect(wake(&subscription, at: .zero + .seconds(160)) == true)
        #expect(wake(&subscription, at: .zero + .seconds(161)) == false)
        #expect(subscription.nextWake == nil)
        #expect(state(subscription, at: later) == "terminated;reason=timeout")
    }

    @Test func zeroSecondsEndItAtOnce() {
        #expect(Subscription(event: event, seconds: 0, at: .zero).isTerminated)
        var subscription = Subscription(event: event, seconds: 100, at: .zero)
        subscription.refresh(seconds: 0, at: .zero)
        #expect(state(subscription, at: .zero) == "terminated;reason=timeout")
        subscription.terminate(reason: "noresource")
        subscription.refresh(seconds: 50, at: .zero)
        #expect(state(subscription, at: .zero) == "terminated;reason=timeout")
    }

    @Test func pendingBecomesActive() {
        var subscription = Subscription(event: event, seconds: 10, isPending: true, at: .zero)
        #expect(state(subscription, at: .zero) == "pending;expires=10")
        subscription.activate()
        #expect(state(subscription, at: .zero) == "active;expires=10")
    }
}
