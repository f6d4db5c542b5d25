import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// Who does not want to be watched, and says so in some unusual way, is not asked for ever (RFC 6665 section 4.1.3).
@Suite struct SIPPresencePauseTests {
    private let alice = PeerAddress(.xmpp, user: "alice", host: "localhost")
    private let number = PeerAddress(.xmpp, user: "100", host: "sip.localhost")
    private let hundred = SIPPhone("Hundred", port: 5080)

    enum Manner: CaseIterable { case deactivates, timesOut, refusesRefreshes, endsWithoutReason }

    private func end(_ request: SIPMessage, _ state: String) -> SIPMessage {
        var from = request.to
        from.tag = "tag-Hundred"
        var notify = SIPMessage(
            .notify, request.contacts.first?.uri ?? request.from.uri, from: from, to: request.from,
            callID: request.callID, sequence: 1)
        notify.vias = [Via(transport: "UDP", host: "127.0.0.1", port: 5080)]
        notify.vias[0].parameters["branch"] = "z9hG4bKend\(request.callID)"
        notify.set("Event", "presence")
        notify.set("Subscription-State", state)
        return notify
    }

    /// How often it is asked in a day by SUBSCRIBEs that make dialogs, where the host answers so.
    private func askings(_ manner: Manner, lasting: Duration = .zero) throws -> Int {
        var house = SIPHouse()
        let link = try house.conference.presenceLink(from: alice, to: number).get()
        var pending = house.handle(.presence(link, .watch))
        var (asked, time) = (Set<String>(), Duration.zero)
        while time < .seconds(86_400) {
            while !pending.isEmpty {
                let request = pending.removeFirst()
                guard request.method == .subscribe else { continue }
                if request.to.tag != nil {
                    pending += house.receive(hundred.answer(request, 403), from: hundred.address)
                    continue
                }
                guard asked.insert(request.callID).inserted else { continue }
                var ok = hundred.answer(request)
                ok.set("Expires", manner == .refusesRefreshes ? "30" : "3600")
                pending += house.receive(ok, from: hundred.address)
                if lasting > .zero {
                    pending += house.run(for: lasting)
                    time += lasting
                }
                let state: String? =
                    switch manner {
                    case .deactivates: "terminated;reason=deactivated"
                    case .timesOut: "terminated;reason=timeout"
                    case .endsWithoutReason: "terminated"
                    case .refusesRefreshes: nil
                    }
                if let state { pending += house.receive(end(request, state), from: hundred.address) }
            }
            pending += house.run(for: .seconds(10))
            time += .seconds(10)
        }
        return asked.count
    }

    @Test(arguments: Manner.allCases) func whoEndsItEachTimeIsAskedLessAndLessOften(_ manner: Manner) throws {
        #expect((20...32).contains(try askings(manner)))
    }

    @Test func whatLastedIsAskedForAtOnce() throws {
        // 305 seconds, then five: no more than it is told.
        #expect((270...290).contains(try askings(.deactivates, lasting: .seconds(305))))
        #expect(try askings(.deactivates, lasting: .seconds(200)) < 32)
    }

    @Test func anInitialAskingThatMeetsNoSubscriptionIsRefused() throws {
        var house = SIPHouse()
        let link = try house.conference.presenceLink(from: alice, to: number).get()
        let request = try #require(house.handle(.presence(link, .watch)).first(.subscribe))
        house.receive(hundred.answer(request, 481), from: hundred.address)
        #expect(house.run(for: .seconds(86_000)).isEmpty)
        #expect(house.run(for: .seconds(500)).first(.subscribe) != nil)
    }

    @Test func itIsNotAskedBeforeTheTimeThatItSays() throws {
        var house = SIPHouse()
        let link = try house.conference.presenceLink(from: alice, to: number).get()
        let request = try #require(house.handle(.presence(link, .watch)).first(.subscribe))
        house.receive(hundred.answer(request), from: hundred.address)
        house.receive(end(request, "terminated;reason=probation;retry-after=5000"), from: hundred.address)
        #expect(house.run(for: .seconds(4990)).isEmpty)
        let again = try #require(house.run(for: .seconds(20)).first(.subscribe))
        house.receive(hundred.answer(again), from: hundred.address)
        // A short time is no way around the growing one.
        house.receive(end(again, "terminated;reason=giveup;retry-after=1"), from: hundred.address)
        #expect(house.run(for: .seconds(110)).isEmpty)
        #expect(house.run(for: .seconds(20)).first(.subscribe) != nil)
    }
}
