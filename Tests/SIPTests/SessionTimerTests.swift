import Primitives
import SIP
import Testing

@Suite struct SessionTimerTests {
    private let policy = SessionTimer.Policy(interval: 1800, minimum: 90)

    private func request(_ headers: [(String, String)]) -> SIPMessage {
        var request = SIPMessage(
            .invite, SIPURI(host: "h"), from: NameAddress(SIPURI(host: "a")), to: NameAddress(SIPURI(host: "h")),
            callID: "c", sequence: 1)
        request.headers = headers.map { SIPHeader($0.0, $0.1) }
        return request
    }

    private func seconds(_ timer: SessionTimer) -> Int64? { timer.nextWake.map { $0.nanoseconds / 1_000_000_000 } }

    @Test func aPhoneThatKnowsTimersRefreshes() throws {
        let answer = try SessionTimer.answer(
            request([("Supported", "timer"), ("Session-Expires", "600")]), policy, at: .zero)
        #expect(answer.headers == [SIPHeader("Session-Expires", "600;refresher=uac"), SIPHeader("Require", "timer")])
        #expect(!answer.timer.isOurs)
        #expect(seconds(answer.timer) == 568)
        var timer = answer.timer
        #expect(timer.wake(at: .zero + .seconds(567)) == nil)
        #expect(timer.wake(at: .zero + .seconds(568)) == .expire)
        #expect(timer.nextWake == nil)
    }

    @Test func aPhoneThatKnowsNoTimersIsRefreshedByUs() throws {
        let answer = try SessionTimer.answer(request([]), policy, at: .zero)
        #expect(answer.headers == [SIPHeader("Session-Expires", "1800;refresher=uas")])
        #expect(answer.timer.isOurs)
        var timer = answer.timer
        #expect(timer.wake(at: .zero + .seconds(900)) == .refresh)
    }

    @Test func whoAsksUsToRefreshIsRefreshed() throws {
        let answer = try SessionTimer.answer(
            request([("Supported", "timer"), ("x", "1"), ("Session-Expires", "90;refresher=uas")]), policy, at: .zero)
        #expect(answer.headers.map(\.value) == ["90;refresher=uas"])
        #expect(seconds(answer.timer) == 45)
    }

    @Test func tooShortAnIntervalIsRefusedWithOurs() {
        let error = #expect(throws: SessionTimer.TooSmall.self) {
            try SessionTimer.answer(
                request([("Supported", "timer"), ("Session-Expires", "30")]), policy, at: .zero)
        }
        #expect(error?.header == SIPHeader("Min-SE", "90"))
    }

    @Test func theIntervalIsNeverBelowThePeersMinimum() throws {
        let answer = try SessionTimer.answer(
            request([("Supported", "timer"), ("Min-SE", "3600"), ("Session-Expires", "7200")]), policy, at: .zero)
        #expect(answer.timer.interval == 3600)
    }

    @Test(arguments: ["", "x", "-1", "99999999999999999999", "600;refresher", "600;refresher=both", ";;;"])
    func oddValuesDoNoHarm(value: String) throws {
        let answer = try SessionTimer.answer(
            request([("Supported", "timer"), ("Session-Expires", value), ("Min-SE", value)]), policy, at: .zero)
        #expect((90...86_400).contains(answer.timer.interval))
    }

    @Test func aRefusalRaisesWhatIsAskedFor() {
        var refusal = request([]).response(422, tag: "t")
        #expect(SessionTimer.policy(policy, after: refusal) == nil)
        refusal.set("Min-SE", "2000")
        #expect(SessionTimer.policy(policy, after: refusal) == SessionTimer.Policy(interval: 2000, minimum: 2000))
        refusal.set("Min-SE", "60")
        #expect(SessionTimer.policy(policy, after: refusal) == nil)
    }

    @Test func anAnswerSaysWhoRefreshes() {
        var answer = request([]).response(200, tag: "t")
        #expect(SessionTimer(asked: policy, answer: answer, at: .zero).isOurs)
        answer.set("Session-Expires", "300;refresher=uas")
        #expect(!SessionTimer(asked: policy, answer: answer, at: .zero).isOurs)
        answer.set("Session-Expires", "300;refresher=uac")
        #expect(
            SessionTimer(asked: policy, answer: answer, at: .zero)
                == SessionTimer(interval: 300, isOurs: true, at: .zero))
    }

    @Test func aReliableResponseIsRepeatedUntilItsPRACK() {
        let invite = request([])
        var network = VirtualReliable(invite)
        #expect(network.repeats(for: .seconds(40)) == 6)
        var prack = request([("RAck", "7 1 INVITE")])
        #expect(network.reliable.isAcknowledged(by: prack))
        for wrong in ["8 1 INVITE", "7 2 INVITE", "7 1 PRACK", "7 1", "", "x y z"] {
            prack.set("RAck", wrong)
            #expect(!network.reliable.isAcknowledged(by: prack))
        }
    }

    /// Drives one response through time.
    private struct VirtualReliable {
        var reliable: ReliableProvisional
        init(_ invite: SIPMessage) {
            var layer = TransactionLayer(entropy: .seeded(1))
            var request = invite
            request.vias = [Via(transport: "UDP", host: "h", port: nil)]
            let events = layer.receive(
                request, on: SIPFlow(.udp, remote: SocketAddress(.loopback4, 5060)), at: .zero)
            guard case .request(_, let id, _)? = events.first else { preconditionFailure("no transaction") }
            reliable = ReliableProvisional(
                invite.response(180, tag: "t"), id, sequence: 7, timers: SIPTimers(), at: .zero)
        }

        mutating func repeats(for duration: Duration) -> Int {
            var count = 0
            while let now = reliable.nextWake, now <= .zero + duration {
                guard case .repeatResponse = reliable.wake(at: now) else { break }
                count += 1
            }
            return count
        }
    }

    @Test(arguments: [
        ("12345@h;to-tag=a;from-tag=b", true), ("c;from-tag=b;to-tag=a;early-only", true), ("c;to-tag=a", false),
        ("c;to-tag=a;to-tag=b;from-tag=c", false), ("", false), (";to-tag=a;from-tag=b", false),
    ])
    func aDialogIsNamedByThreeThings(text: String, isGood: Bool) {
        let reference = DialogReference(parsing: text)
        #expect((reference != nil) == isGood)
        #expect(reference?.isEarlyOnly ?? false == text.contains("early-only"))
        if isGood { #expect(reference?.id.localTag == "a") }
    }

    @Test func aRefusedRefreshIsTriedAgainBeforeTheEndAndNotAfterIt() {
        var timer = SessionTimer(interval: 100, isOurs: true, at: .zero)
        func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }
        #expect(timer.wake(at: at(50)) == .refresh)
        timer.postpone(by: .seconds(5), at: at(50))
        // While a refresh is due anyway, another is not.
        timer.postpone(by: .seconds(1), at: at(50))
        #expect(timer.nextWake == at(55) && timer.wake(at: at(55)) == .refresh)
        timer.postpone(by: .seconds(3600), at: at(55))
        #expect(timer.nextWake == at(68) && timer.wake(at: at(68)) == .refresh)
        timer.postpone(by: .seconds(5), at: at(68))
        #expect(timer.nextWake == at(118))
        var theirs = SessionTimer(interval: 100, isOurs: false, at: .zero)
        theirs.postpone(by: .seconds(5), at: at(1))
        #expect(theirs.nextWake == at(68) && theirs.wake(at: at(68)) == .expire)
    }
}
