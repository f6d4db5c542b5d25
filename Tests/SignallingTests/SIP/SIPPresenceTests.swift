import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// SUBSCRIBE and NOTIFY of presence, both ways across the gateway.
@Suite struct SIPPresenceTests {
    private let alice = PeerAddress(.xmpp, user: "alice", host: "localhost")

    private func phone(_ name: String = "Hundred", port: UInt16 = 5080) -> SIPPhone {
        var phone = SIPPhone(name, port: port, calls: "sip:alice@localhost")
        phone.identity = SIPURI(user: "100", host: "127.0.0.1", port: 5080)
        return phone
    }

    private func subscribe(_ phone: inout SIPPhone, expires: Int? = 600, event: String = "presence") -> SIPMessage {
        var request = phone.request(.subscribe)
        request.set("Event", event)
        request.set("Expires", expires.map(String.init))
        request.set("Accept", PIDF.mediaType)
        return request
    }

    private func events(_ house: SIPHouse) -> [(link: PresenceLink, event: PresenceEvent)] {
        house.effects.compactMap { if case .presence(let link, let event) = $0 { (link, event) } else { nil } }
    }

    private func state(_ notify: SIPMessage?) -> String? {
        notify?.header("Subscription-State").map { String($0.prefix { $0 != ";" }) }
    }

    // MARK: Who is watched by a phone

    /// A phone watches Alice; gives the link and the dialog's phone.
    private func watched(_ house: inout SIPHouse, _ phone: inout SIPPhone) throws -> PresenceLink {
        let answers = house.receive(subscribe(&phone), from: phone.address)
        let ok = try #require(answers.first(200))
        #expect(ok.header("Expires") == "600")
        phone.remoteTag = ok.to.tag
        phone.remoteTarget = ok.contacts.first?.uri
        let pending = try #require(answers.first(.notify))
        #expect(state(pending) == "pending")
        #expect(pending.body.isEmpty)
        house.receive(phone.answer(pending), from: phone.address)
        let (link, event) = try #require(events(house).last)
        #expect(event == .watch)
        return link
    }

    @Test func aPhoneSeesWhoLetsItselfBeSeen() throws {
        var house = SIPHouse()
        var hundred = phone()
        let link = try watched(&house, &hundred)
        #expect(link.presentity == alice)
        #expect(link.watcherThere == PeerAddress(.xmpp, user: "100", host: "sip.localhost"))
        house.handle(.presence(link, .granted))
        let active = try #require(house.run(for: .zero).first(.notify))
        #expect(state(active) == "active")
        #expect(PIDF.parse(active.body)?.map(\.isOpen) == [false])
        house.receive(hundred.answer(active), from: hundred.address)
        let states = [PresenceState(device: "phone", isOpen: true, show: .away, status: "lunch")]
        house.handle(.presence(link, .states(states)))
        let told = try #require(house.run(for: .seconds(5)).first(.notify))
        #expect(PIDF.parse(told.body)?.first?.show == .away)
        #expect(told.header("Content-Type") == PIDF.mediaType)
        #expect(told.header("Event") == "presence")
        house.receive(hundred.answer(told), from: hundred.address)
        // Not more often than every five seconds, and then the last.
        for priority in 1...20 {
            house.handle(.presence(link, .states([PresenceState(device: "a", isOpen: true, priority: priority)])))
        }
        let later = house.run(for: .seconds(6)).filter { $0.method == .notify }
        #expect(Set(later.map(\.cseq.number)).count == 1)
        #expect(PIDF.parse(later[0].body)?.first?.priority == 20)
        house.receive(hundred.answer(later[0]), from: hundred.address)
        house.run(for: .seconds(6))
        for (priority, wait) in [(1, 0), (2, 5)] {
            house.handle(.presence(link, .states([PresenceState(device: "a", isOpen: true, priority: priority)])))
            #expect(wait == 0 || house.run(for: .milliseconds(4500)).isEmpty, "just told")
            let next = try #require(house.run(for: .milliseconds(wait * 200)).first(.notify))
            #expect(PIDF.parse(next.body)?.first?.priority == priority)
            house.receive(hundred.answer(next), from: hundred.address)
        }
    }

    @Test func aRefusalEndsIt() throws {
        var house = SIPHouse()
        var hundred = phone()
        let link = try watched(&house, &hundred)
        house.handle(.presence(link, .refused))
        let last = try #require(house.run(for: .zero).first(.notify))
        #expect(last.header("Subscription-State") == "terminated;reason=rejected")
        #expect(last.body.isEmpty)
        #expect(house.receive(subscribe(&hundred), from: hundred.address).statuses == [481])
    }

    @Test func itEndsByWordAndByTime() throws {
        var house = SIPHouse()
        var hundred = phone()
        let link = try watched(&house, &hundred)
        house.handle(.presence(link, .granted))
        let ended = house.receive(subscribe(&hundred, expires: 0), from: hundred.address)
        #expect(ended.first(200)?.header("Expires") == "0")
        let more = house.run(for: .zero)
        #expect(state((ended + more).last { $0.method == .notify }) == "terminated")
        #expect(events(house).last?.event == .forget)
        var another = phone("Another", port: 5090)
        _ = try watched(&house, &another)
        let expired = house.run(for: .seconds(601)).last { $0.method == .notify }
        #expect(expired?.header("Subscription-State") == "terminated;reason=timeout")
        #expect(house.run(for: .seconds(3600)).filter { $0.method == .notify && $0.to.tag == nil }.isEmpty)
    }

    @Test func aLookIsOneDocumentAndNoMore() throws {
        var house = SIPHouse()
        var hundred = phone()
        let answers = house.receive(subscribe(&hundred, expires: 0), from: hundred.address)
        #expect(answers.first(200)?.header("Expires") == "0")
        #expect(answers.first(.notify) == nil)
        let link = try #require(events(house).last?.link)
        house.handle(.presence(link, .granted))
        house.handle(.presence(link, .states([PresenceState(device: "a", isOpen: true)])))
        let told = house.run(for: .milliseconds(10)).filter { $0.method == .notify }
        #expect(told.count == 1)
        #expect(state(told.first) == "terminated")
        #expect(PIDF.parse(told.first?.body ?? [])?.first?.isOpen == true)
        var other = phone("Other", port: 5090)
        house.receive(subscribe(&other, expires: 0), from: other.address)
        let looks = house.run(for: .seconds(3)).filter { $0.method == .notify && $0.callID == other.callID }
        #expect(Set(looks.map(\.cseq.number)).count == 1)
    }

    @Test func whatCannotBeWatchedIsRefused() {
        var house = SIPHouse()
        var hundred = phone()
        #expect(house.receive(subscribe(&hundred, event: "dialog"), from: hundred.address).statuses == [489])
        var request = subscribe(&hundred)
        request.set("Accept", "text/html")
        #expect(house.receive(request, from: hundred.address).statuses == [406])
        hundred.dialled = SIPURI("sip:alice%40elsewhere@sip.localhost") ?? hundred.dialled
        request = subscribe(&hundred)
        #expect(house.receive(request, from: hundred.address).statuses.allSatisfy { $0 >= 400 })
    }

    @Test func aFloodOfSubscriptionsIsBounded() {
        var house = SIPHouse { $0.maximumSubscriptions = 100 }
        var refused = 0
        for index in 0..<150 {
            var hundred = phone("P\(index)")
            if house.receive(subscribe(&hundred), from: hundred.address).statuses == [503] { refused += 1 }
        }
        #expect(refused == 50)
        #expect(house.adapter.presenceWatchers.count == 100)
        // Nobody answers: all of them go.
        house.run(for: .seconds(120))
        #expect(house.adapter.presenceWatchers.isEmpty)
        var hundred = phone("Late")
        #expect(house.receive(subscribe(&hundred), from: hundred.address).first(200) != nil)
    }

    // MARK: Whom we watch

    private func watch(_ house: inout SIPHouse) throws -> (PresenceLink, SIPMessage) {
        let number = PeerAddress(.xmpp, user: "100", host: "sip.localhost")
        let link = try house.conference.presenceLink(from: alice, to: number).get()
        let request = try #require(house.handle(.presence(link, .watch)).first(.subscribe))
        return (link, request)
    }

    private func notify(
        _ request: SIPMessage, _ body: [UInt8], state: String = "active;expires=3600", tag: String = "tag-Hundred",
        sequence: UInt32 = 1, type: String = PIDF.mediaType
    ) -> SIPMessage {
        var from = request.to
        from.tag = tag
        var notify = SIPMessage(
            .notify, request.contacts.first?.uri ?? request.from.uri, from: from, to: request.from,
            callID: request.callID, sequence: sequence)
        notify.vias = [Via(transport: "UDP", host: "127.0.0.1", port: 5080)]
        notify.vias[0].parameters["branch"] = "z9hG4bKn\(sequence)\(tag)\(request.callID)"
        notify.contacts = [NameAddress(SIPURI(user: "100", host: "127.0.0.1", port: 5080))]
        notify.set("Event", "presence")
        notify.set("Subscription-State", state)
        if !body.isEmpty { notify.setBody(body, type: type) }
        return notify
    }

    private var open: [UInt8] {
        Array(
            PIDF.write(
                [PresenceState(device: "a", isOpen: true)], entity: "pres:x", contact: "sip:x",
                at: WallTime(milliseconds: 0)
            ).utf8)
    }

    @Test func aPhoneIsAskedAndWhatItSaysIsTold() throws {
        var house = SIPHouse()
        let hundred = phone()
        let (link, request) = try watch(&house)
        #expect(request.requestURI?.description == "sip:100@127.0.0.1:5080")
        #expect(request.from.uri.description == "sip:alice@localhost")
        #expect(request.header("Event") == "presence")
        #expect(request.contacts.isEmpty == false)
        // Before the answer, too.
        #expect(house.receive(notify(request, open), from: hundred.address).statuses == [200])
        #expect(events(house).last?.event == .states([PresenceState(device: "ID-a", isOpen: true)]))
        var ok = hundred.answer(request)
        ok.set("Expires", "600")
        house.receive(ok, from: hundred.address)
        let refresh = try #require(house.run(for: .seconds(545)).first(.subscribe))
        #expect(refresh.to.tag == "tag-Hundred")
        #expect(refresh.cseq.number == 2)
        house.receive(hundred.answer(refresh), from: hundred.address)
        let end = try #require(house.handle(.presence(link, .forget)).first(.subscribe))
        #expect(end.header("Expires") == "0")
        #expect(house.receive(notify(request, open, sequence: 9), from: hundred.address).statuses == [481])
    }

    @Test(arguments: [489, 405, 403, 404, 481, 501]) func whoRefusesIsLeftAlone(_ status: Int) throws {
        var house = SIPHouse()
        let hundred = phone()
        let (_, request) = try watch(&house)
        house.receive(hundred.answer(request, status), from: hundred.address)
        #expect(events(house).last?.event == .states(nil))
        let limit: Duration = status == 501 ? .seconds(50) : .seconds(80_000)
        #expect(house.run(for: limit).isEmpty)
        #expect(house.run(for: .seconds(90_000)).first(.subscribe) != nil)
    }

    @Test func whoEndsItIsAskedAgainInTime() throws {
        var house = SIPHouse()
        let hundred = phone()
        let (_, request) = try watch(&house)
        house.receive(hundred.answer(request), from: hundred.address)
        house.run(for: .seconds(300))
        house.receive(notify(request, [], state: "terminated;reason=deactivated"), from: hundred.address)
        #expect(events(house).last?.event == .states(nil))
        let again = try #require(house.run(for: .seconds(6)).first(.subscribe))
        #expect(again.callID != request.callID)
        house.receive(hundred.answer(again), from: hundred.address)
        house.receive(notify(again, [], state: "terminated;reason=rejected"), from: hundred.address)
        #expect(house.run(for: .seconds(80_000)).isEmpty)
    }

    @Test func presenceThatNobodyAskedForIsRefused() throws {
        var house = SIPHouse()
        let hundred = phone()
        let (_, request) = try watch(&house)
        house.receive(hundred.answer(request), from: hundred.address)
        var stranger = request
        stranger.callID = "other"
        #expect(house.receive(notify(stranger, open), from: hundred.address).statuses == [481])
        stranger = request
        stranger.from.tag = "other"
        #expect(house.receive(notify(stranger, open), from: hundred.address).statuses == [481])
        #expect(house.receive(notify(request, open, tag: "fork"), from: hundred.address).statuses == [481])
        #expect(house.receive(notify(request, [1, 2, 3], sequence: 2), from: hundred.address).statuses == [400])
        #expect(
            house.receive(notify(request, open, sequence: 3, type: "text/plain"), from: hundred.address).statuses == [
                415
            ])
        #expect(!events(house).contains { if case .states(.some) = $0.event { true } else { false } })
    }

    @Test func whoNotifiesMayMakeItShorter() throws {
        var house = SIPHouse()
        let hundred = phone()
        let (_, request) = try watch(&house)
        house.receive(hundred.answer(request), from: hundred.address)
        house.receive(notify(request, open, state: "active;expires=100"), from: hundred.address)
        #expect(house.run(for: .seconds(85)).isEmpty)
        #expect(house.run(for: .seconds(6)).first(.subscribe)?.to.tag == "tag-Hundred")
    }

    // MARK: Accounts

    @Test func anAccountIsThereWhileAPhoneIs() throws {
        let accounts = SIPAccounts(
            domain: "talk.localhost", secrets: ["bob": .password(Redacted("wonderland"))], displayNames: [:])
        var house = SIPHouse(accounts: accounts)
        let link = try house.conference.presenceLink(
            from: alice, to: PeerAddress(.xmpp, user: "bob", host: "sip.localhost")
        ).get()
        #expect(house.handle(.presence(link, .watch)).isEmpty)
        #expect(events(house).last?.event == .states([PresenceState(device: "phone", isOpen: false)]))
        var bob = SIPPhone("Bob", port: 5071)
        bob.identity = SIPURI(user: "bob", host: "talk.localhost")
        house.register(&bob, expires: 60)
        house.run(for: .zero)
        #expect(events(house).last?.event == .states([PresenceState(device: "phone", isOpen: true)]))
        house.run(for: .seconds(70))
        #expect(events(house).last?.event == .states([PresenceState(device: "phone", isOpen: false)]))
        house.handle(.presence(link, .forget))
        let count = events(house).count
        house.register(&bob, expires: 60)
        house.run(for: .zero)
        #expect(events(house).count == count)
    }
}
