import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

@Suite struct SIPSubscriptionTests {
    private func subscribe(_ phone: inout SIPPhone, expires: Int? = nil, event: String = "conference") -> SIPMessage {
        var request = phone.request(.subscribe)
        request.set("Event", event)
        if let expires { request.set("Expires", String(expires)) }
        return request
    }

    private func watcher(_ to: String = "sip:demo@127.0.0.1:5060") -> SIPPhone {
        SIPPhone("Watcher", port: 5070, calls: to)
    }

    private func document(_ notify: SIPMessage?) -> String {
        notify.map { String(decoding: $0.body, as: UTF8.self) } ?? ""
    }

    @Test func aWatcherGetsEverythingAtOnceThenWhatChanges() throws {
        var house = SIPHouse()
        var watcher = watcher()
        let messages = house.receive(subscribe(&watcher, expires: 600), from: watcher.address)
        let ok = try #require(messages.first(200))
        #expect(ok.expires == 600)
        #expect(ok.contacts.first?.description == "<sip:demo@127.0.0.1:5060>;isfocus")
        var notify = try #require(messages.first(.notify))
        #expect(notify.event?.value == "conference")
        #expect(notify.subscriptionState?.value == "active")
        #expect(notify.mediaType == "application/conference-info+xml")
        #expect(notify.to.tag == "tag-Watcher")
        #expect(document(notify).contains("entity=\"sip:demo@127.0.0.1:5060\""))
        #expect(document(notify).contains("state=\"full\""))
        #expect(document(notify).contains("version=\"1\""))
        house.receive(watcher.answer(notify), from: watcher.address)

        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        for version in 2...3 {
            let next = try #require(house.run(for: .milliseconds(300)).first(.notify))
            #expect(next.cseq.number == notify.cseq.number + 1)
            notify = next
            #expect(document(notify).contains("version=\"\(version)\""))
            #expect(document(notify).contains("state=\"partial\""))
            house.receive(watcher.answer(notify), from: watcher.address)
            if version == 2 {
                #expect(document(notify).contains("Alice"))
                #expect(document(notify).contains("connected"))
                house.receive(alice.request(.bye), from: alice.address)
            }
        }
        #expect(document(notify).contains("state=\"deleted\""))
    }

    @Test func aBurstIsToldAtOnceAndThenInOne() throws {
        var house = SIPHouse()
        var watcher = watcher()
        let first = try #require(house.receive(subscribe(&watcher), from: watcher.address).first(.notify))
        house.receive(watcher.answer(first), from: watcher.address)
        house.run(for: .seconds(10))
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let atOnce = try #require(house.sent.last { $0.method == .notify })
        #expect(document(atOnce).contains("Alice"))
        house.receive(watcher.answer(atOnce), from: watcher.address)
        var phones = (0..<10).map { SIPPhone("P\($0)", port: 6000 + UInt16($0)) }
        for index in phones.indices { house.join(&phones[index]) }
        let rest = house.run(for: .seconds(3)).filter { $0.method == .notify && $0.cseq.number > atOnce.cseq.number }
        #expect(Set(rest.map(\.cseq.number)).count == 1)
        for phone in phones { #expect(document(rest.first).contains(phone.name)) }
        #expect(document(rest.first).contains("<user-count>11</user-count>"))
    }

    @Test func aWatcherSaysHowOftenItWantsToHear() throws {
        for name in ["min-interval", "throttle"] {
            var house = SIPHouse()
            var watcher = watcher()
            let messages = house.receive(
                subscribe(&watcher, event: "conference;\(name)=20"), from: watcher.address)
            let first = try #require(messages.first(.notify))
            #expect(first.event?.description == "conference")
            #expect(first.subscriptionState?.parameters["min-interval"] == "20")
            house.receive(watcher.answer(first), from: watcher.address)
            var alice = SIPPhone("Alice", port: 5061)
            house.join(&alice)
            #expect(!house.run(for: .seconds(19)).methods.contains(.notify))
            let later = house.run(for: .seconds(2)).first(.notify)
            #expect(document(later).contains("Alice"))
            if let later { house.receive(watcher.answer(later), from: watcher.address) }
            watcher.remoteTag = first.from.tag
            watcher.remoteTarget = first.contacts.first?.uri
            let refreshed = house.receive(subscribe(&watcher, event: "conference"), from: watcher.address)
            #expect(document(refreshed.first(.notify)).contains("state=\"full\""))
            #expect(refreshed.first(.notify)?.subscriptionState?.parameters["min-interval"] == nil)
        }
    }

    @Test func oneNotifyAtATimeIsOnItsWay() throws {
        var house = SIPHouse()
        var watcher = watcher()
        house.receive(subscribe(&watcher), from: watcher.address)
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var bob = SIPPhone("Bob", port: 5062)
        house.join(&bob)
        #expect(house.sent.count { $0.method == .notify } == 1)
    }

    @Test func aRefreshGetsEverythingAndZeroTheLastWord() throws {
        var house = SIPHouse()
        var watcher = watcher()
        let messages = house.receive(subscribe(&watcher), from: watcher.address)
        #expect(messages.first(200)?.expires == 3600)
        let notify = try #require(messages.first(.notify))
        house.receive(watcher.answer(notify), from: watcher.address)
        watcher.remoteTag = notify.from.tag
        watcher.remoteTarget = notify.contacts.first?.uri
        let refreshed = house.receive(subscribe(&watcher, expires: 300), from: watcher.address)
        #expect(refreshed.statuses == [200])
        let full = try #require(refreshed.first(.notify))
        #expect(document(full).contains("state=\"full\""))
        #expect(document(full).contains("version=\"2\""))
        house.receive(watcher.answer(full), from: watcher.address)
        let last = house.receive(subscribe(&watcher, expires: 0), from: watcher.address)
        #expect(last.statuses == [200])
        #expect(last.first(.notify)?.header("Subscription-State") == "terminated;reason=timeout")
        #expect(house.receive(subscribe(&watcher, expires: 300), from: watcher.address).statuses == [481])
    }

    @Test func itEndsWhenItsTimeIsOver() {
        var house = SIPHouse()
        var watcher = watcher()
        let notify = house.receive(subscribe(&watcher, expires: 60), from: watcher.address).first(.notify)
        if let notify { house.receive(watcher.answer(notify), from: watcher.address) }
        #expect(house.run(for: .seconds(59)).methods == [])
        let last = house.run(for: .seconds(2)).first(.notify)
        #expect(last?.header("Subscription-State") == "terminated;reason=timeout")
    }

    @Test func whoFetchesGetsOneNotify() {
        var house = SIPHouse()
        var watcher = watcher()
        let messages = house.receive(subscribe(&watcher, expires: 0), from: watcher.address)
        #expect(messages.statuses == [200])
        #expect(messages.first(.notify)?.subscriptionState?.value == "terminated")
        #expect(document(messages.first(.notify)).contains("state=\"full\""))
    }

    @Test func aWatcherThatAnswers481OrNotAtAllIsDropped() throws {
        for isSilent in [true, false] {
            var house = SIPHouse()
            var watcher = watcher()
            let notify = try #require(house.receive(subscribe(&watcher), from: watcher.address).first(.notify))
            if isSilent {
                house.run(for: .seconds(33))
            } else {
                house.receive(watcher.answer(notify, 481), from: watcher.address)
            }
            var alice = SIPPhone("Alice", port: 5061)
            let before = house.sent.count { $0.method == .notify }
            house.join(&alice)
            #expect(house.sent.count { $0.method == .notify } == before)
        }
    }

    @Test(arguments: [
        (400, false), (403, false), (491, false), (500, false), (503, true), (480, true), (604, true),
    ])
    func aWatcherThatCouldNotTakeANotifyGetsEverythingWithTheNextChange(status: Int, saysWhen: Bool) throws {
        var house = SIPHouse()
        var watcher = watcher()
        let notify = try #require(house.receive(subscribe(&watcher), from: watcher.address).first(.notify))
        var refusal = watcher.answer(notify, status)
        if saysWhen { refusal.set("Retry-After", "5") }
        #expect(house.receive(refusal, from: watcher.address).isEmpty)
        #expect(!house.run(for: .seconds(10)).methods.contains(.notify))
        for (name, state) in [("Alice", "full"), ("Bob", "partial")] {
            var phone = SIPPhone(name, port: name == "Bob" ? 5062 : 5061)
            let before = house.sent.count
            house.join(&phone)
            house.run(for: .milliseconds(400))
            let next = try #require(house.sent[before...].first { $0.method == .notify })
            #expect(document(next).contains("state=\"\(state)\" version=") && document(next).contains(name))
            house.receive(watcher.answer(next), from: watcher.address)
            house.run(for: .seconds(10))
        }
    }

    @Test(arguments: [(404, false), (410, false), (480, false), (489, false), (501, false), (604, false), (481, true)])
    func aWatcherThatSaysItIsNoneIsDropped(status: Int, saysWhen: Bool) throws {
        var house = SIPHouse()
        var watcher = watcher()
        let notify = try #require(house.receive(subscribe(&watcher), from: watcher.address).first(.notify))
        var refusal = watcher.answer(notify, status)
        if saysWhen { refusal.set("Retry-After", "5") }
        house.receive(refusal, from: watcher.address)
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        #expect(house.run(for: .seconds(10)).first(.notify) == nil)
    }

    @Test func insideACallItSharesTheDialogAndEndsWithIt() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let messages = house.receive(subscribe(&alice), from: alice.address)
        #expect(messages.statuses == [200])
        let notify = try #require(messages.first(.notify))
        #expect(notify.callID == alice.callID)
        #expect(document(notify).contains("entity=\"sip:demo@127.0.0.1:5060\""))
        house.receive(alice.answer(notify), from: alice.address)
        let end = house.receive(alice.request(.bye), from: alice.address)
        #expect(end.statuses == [200])
        #expect(end.first(.notify)?.header("Subscription-State") == "terminated;reason=noresource")
    }

    @Test func aRoomThatEndsIsDeleted() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:shortlived@127.0.0.1")
        house.join(&alice)
        var watcher = watcher("sip:shortlived@127.0.0.1")
        let notify = try #require(house.receive(subscribe(&watcher), from: watcher.address).first(.notify))
        house.receive(watcher.answer(notify), from: watcher.address)
        let messages = house.receive(alice.request(.bye), from: alice.address)
        let last = try #require(messages.last { $0.method == .notify })
        #expect(last.header("Subscription-State") == "terminated;reason=noresource")
        #expect(document(last).contains("state=\"deleted\""))
    }

    @Test func aLockedRoomIsWatchedByWhoIsInAlone() {
        var house = SIPHouse(trusting: [IPNetwork("127.0.0.9/32")].compactMap(\.self))
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        if let demo = RoomName("demo") {
            house.handle(.moderate(SubmissionID(900), demo, by: .administrator, .lock(true)))
        }
        var outsider = watcher()
        #expect(house.receive(subscribe(&outsider), from: outsider.address).statuses == [403])
        // By her address, but from elsewhere; then from where her call is.
        var impostor = SIPPhone("Alice", port: 5062)
        impostor.callID = "impostor"
        let elsewhere = IPAddress("127.0.0.8").map { SocketAddress($0, 5062) } ?? impostor.address
        #expect(house.receive(subscribe(&impostor), from: elsewhere).statuses == [403])
        var second = SIPPhone("Alice", port: 5063)
        second.callID = "second"
        #expect(house.receive(subscribe(&second), from: second.address).statuses == [200])
        #expect(house.receive(subscribe(&alice), from: alice.address).statuses == [200])
        var peer = SIPPhone("Peer", port: 5064)
        let trusted = IPAddress("127.0.0.9").map { SocketAddress($0, 5064) } ?? peer.address
        #expect(house.receive(subscribe(&peer), from: trusted).statuses == [200])
    }

    @Test func whatCannotBeWatchedIsRefused() {
        var house = SIPHouse()
        var nowhere = SIPPhone("One", port: 5071, calls: "sip:nowhere@127.0.0.1")
        #expect(house.receive(subscribe(&nowhere), from: nowhere.address).statuses == [404])
        var other = SIPPhone("Two", port: 5072)
        let bad = house.receive(subscribe(&other, event: "presence"), from: other.address)
        #expect(bad.statuses == [489])
        #expect(bad.first?.header("Allow-Events") == "conference")
        var picky = SIPPhone("Three", port: 5073)
        picky.accept = "application/pidf+xml"
        #expect(house.receive(subscribe(&picky), from: picky.address).statuses == [406])
    }

    @Test(arguments: [
        (["sip:198.51.100.9;lr"], "127.0.0.1:5070"), (["sip:proxy.example.org;lr"], "127.0.0.1:5070"),
        (["sip:127.0.0.1:5090;lr"], "127.0.0.1:5090"), ([], "127.0.0.1:5071"),
    ])
    func nobodyElseIsToldThanWhoSubscribed(routes: [String], destination: String) throws {
        var house = SIPHouse()
        var watcher = watcher()
        var request = subscribe(&watcher)
        request.recordRoutes = routes.compactMap { SIPURI($0) }.map { NameAddress($0) }
        if routes.isEmpty { request.contacts = [NameAddress(try #require(SIPURI("sip:watcher@127.0.0.1:5071")))] }
        let before = house.sent.count
        #expect(house.receive(request, from: watcher.address).contains { $0.method == .notify })
        let notified = zip(house.sent, house.flows).dropFirst(before).first { $0.0.method == .notify }
        #expect(notified.map { "\($0.1.remote)" } == destination)
    }

    @Test func aContactElsewhereIsNotBelieved() throws {
        var house = SIPHouse()
        var watcher = watcher()
        var request = subscribe(&watcher)
        request.contacts = [NameAddress(try #require(SIPURI("sip:victim@198.51.100.9")))]
        house.receive(request, from: watcher.address)
        let notified = zip(house.sent, house.flows).first { $0.0.method == .notify }
        #expect(notified?.1.remote == watcher.address)
    }
}
