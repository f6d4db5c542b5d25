import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// What we watch on the SIP side stays watched: refreshes that are challenged, NOTIFYs that overtake each other, answers
/// that come late; and phones that watch, how many of them there may be.
@Suite struct SIPPresenceRefreshTests {
    private let alice = PeerAddress(.xmpp, user: "alice", host: "localhost")
    private let number = PeerAddress(.xmpp, user: "100", host: "sip.localhost")

    private func house() -> SIPHouse {
        SIPHouse { settings in
            settings.hashing = .openSSL
            settings.credentials = ["127.0.0.1:5080": DigestUser(name: "confab", password: Redacted("secret"))]
        }
    }

    private func phone() -> SIPPhone {
        var phone = SIPPhone("Hundred", port: 5080, calls: "sip:alice@localhost")
        phone.identity = SIPURI(user: "100", host: "127.0.0.1", port: 5080)
        return phone
    }

    private func events(_ house: SIPHouse) -> [(link: PresenceLink, event: PresenceEvent)] {
        house.effects.compactMap { if case .presence(let link, let event) = $0 { (link, event) } else { nil } }
    }

    private func ask(_ house: inout SIPHouse) throws -> (PresenceLink, SIPMessage) {
        let link = try house.conference.presenceLink(from: alice, to: number).get()
        return (link, try #require(house.handle(.presence(link, .watch)).first(.subscribe)))
    }

    private func agree(_ phone: SIPPhone, _ request: SIPMessage, expires: Int = 600) -> SIPMessage {
        var ok = phone.answer(request)
        ok.set("Expires", String(expires))
        return ok
    }

    private func challenge(_ phone: SIPPhone, _ request: SIPMessage, _ nonce: String) -> SIPMessage {
        var challenge = phone.answer(request, 401)
        let words = "Digest realm=\"pbx\", nonce=\"\(nonce)\", stale=true, algorithm=MD5, qop=\"auth\""
        challenge.headers.append(SIPHeader("WWW-Authenticate", words))
        return challenge
    }

    private func notify(_ request: SIPMessage, _ devices: [String], _ sequence: UInt32) -> SIPMessage {
        var from = request.to
        from.tag = "tag-Hundred"
        var notify = SIPMessage(
            .notify, request.contacts.first?.uri ?? request.from.uri, from: from, to: request.from,
            callID: request.callID, sequence: sequence)
        notify.vias = [Via(transport: "UDP", host: "127.0.0.1", port: 5080)]
        notify.vias[0].parameters["branch"] = "z9hG4bKn\(sequence)\(request.callID)"
        notify.set("Event", "presence")
        notify.set("Subscription-State", "active;expires=3600")
        let states = devices.map { PresenceState(device: $0, isOpen: true) }
        let document = PIDF.write(states, entity: "pres:x", contact: "sip:x", at: WallTime(milliseconds: 0))
        notify.setBody(Array(document.utf8), type: PIDF.mediaType)
        return notify
    }

    private func open(_ device: String) -> PresenceEvent {
        .states([PresenceState(device: "ID-\(device)", isOpen: true)])
    }

    // MARK: Whom we watch

    @Test func aChallengedRefreshGoesAgainWithCredentials() throws {
        var house = house()
        let hundred = phone()
        let (_, request) = try ask(&house)
        let signed = try #require(
            house.receive(challenge(hundred, request, "n0"), from: hundred.address).first(.subscribe))
        house.receive(agree(hundred, signed), from: hundred.address)
        // Day after day, each refresh is challenged, as nonces are short-lived.
        for round in 1...6 {
            let refresh = try #require(house.run(for: .seconds(545)).first(.subscribe))
            let again = try #require(
                house.receive(challenge(hundred, refresh, "n\(round)"), from: hundred.address).first(.subscribe))
            #expect(again.header("Authorization")?.contains("nonce=\"n\(round)\"") == true)
            #expect(again.to.tag == "tag-Hundred")
            #expect(again.cseq.number == refresh.cseq.number + 1)
            house.receive(agree(hundred, again), from: hundred.address)
        }
        #expect(!events(house).contains { $0.event == .states(nil) })
    }

    @Test func aPasswordThatIsRefusedIsNotTriedForEver() throws {
        var house = house()
        let hundred = phone()
        let (_, request) = try ask(&house)
        house.receive(agree(hundred, request), from: hundred.address)
        var refresh = house.run(for: .seconds(545)).first(.subscribe)
        var count = 0
        while let next = refresh, next.to.tag != nil {
            count += 1
            refresh = house.receive(challenge(hundred, next, "m\(count)"), from: hundred.address).first(.subscribe)
        }
        #expect(count == 3)
        // Asked anew, as with 481; the word on that holds.
        let anew = try #require(house.run(for: .seconds(2)).first(.subscribe))
        #expect(anew.to.tag == nil)
        house.receive(hundred.answer(anew, 403), from: hundred.address)
        #expect(house.run(for: .seconds(80_000)).isEmpty)
    }

    @Test(arguments: [true, false]) func whoWantsALongerTimeIsAskedForIt(isRefresh: Bool) throws {
        var house = house()
        let hundred = phone()
        var (_, request) = try ask(&house)
        if isRefresh {
            house.receive(agree(hundred, request), from: hundred.address)
            request = try #require(house.run(for: .seconds(545)).first(.subscribe))
        }
        var tooShort = hundred.answer(request, 423)
        tooShort.set("Min-Expires", "7200")
        let again = try #require(house.receive(tooShort, from: hundred.address).first(.subscribe))
        #expect(again.header("Expires") == "7200")
        #expect((again.to.tag != nil) == isRefresh)
        house.receive(agree(hundred, again, expires: 7200), from: hundred.address)
        let next = try #require(house.run(for: .seconds(6500)).first(.subscribe))
        #expect(next.header("Expires") == "7200")
        // Nobody is followed up to the end of time.
        var longer = next
        for least in [8000, 9000, 10_000, 11_000] {
            var refusal = hundred.answer(longer, 423)
            refusal.set("Min-Expires", String(least))
            guard let more = house.receive(refusal, from: hundred.address).first(.subscribe) else { break }
            longer = more
        }
        #expect(longer.header("Expires") == "9000")
    }

    @Test(arguments: [403, 405, 489, 603]) func aRefusalToRefreshIsNoRefusal(_ status: Int) throws {
        var house = house()
        let hundred = phone()
        let (_, request) = try ask(&house)
        house.receive(agree(hundred, request), from: hundred.address)
        let refresh = try #require(house.run(for: .seconds(545)).first(.subscribe))
        house.receive(hundred.answer(refresh, status), from: hundred.address)
        let anew = try #require(house.run(for: .seconds(2)).first(.subscribe))
        #expect(anew.to.tag == nil && anew.callID != request.callID)
    }

    @Test func aNotifyThatWasOvertakenIsRefused() throws {
        var house = house()
        let hundred = phone()
        let (_, request) = try ask(&house)
        #expect(house.receive(notify(request, ["a"], 1), from: hundred.address).statuses == [200])
        house.receive(agree(hundred, request), from: hundred.address)
        #expect(house.receive(notify(request, ["c"], 5), from: hundred.address).statuses == [200])
        #expect(house.receive(notify(request, ["b"], 4), from: hundred.address).statuses == [500])
        #expect(events(house).last?.event == open("c"))
        #expect(house.receive(notify(request, ["d"], 6), from: hundred.address).statuses == [200])
        #expect(events(house).last?.event == open("d"))
    }

    @Test func whatIsKnownIsToldToWhoAsksAgain() throws {
        var house = house()
        let hundred = phone()
        let (link, request) = try ask(&house)
        house.receive(agree(hundred, request), from: hundred.address)
        house.receive(notify(request, ["a"], 1), from: hundred.address)
        let count = events(house).count
        #expect(house.handle(.presence(link, .watch)).isEmpty)
        #expect(events(house).count == count + 2)
        #expect(events(house).last?.event == open("a"))
    }

    @Test func theAnswerToAnEarlierAskingMeansNothing() throws {
        var house = house()
        let hundred = phone()
        let (link, first) = try ask(&house)
        house.handle(.presence(link, .forget))
        let second = try #require(house.handle(.presence(link, .watch)).first(.subscribe))
        house.receive(agree(hundred, second), from: hundred.address)
        house.receive(hundred.answer(first, 403), from: hundred.address)
        #expect(house.receive(notify(second, ["a"], 1), from: hundred.address).statuses == [200])
        #expect(house.receive(notify(first, ["b"], 2), from: hundred.address).statuses == [481])
        let refresh = try #require(house.run(for: .seconds(545)).first(.subscribe))
        #expect(refresh.callID == second.callID)
    }

    @Test func whoEndsItBeforeItsAnswerHasEndedIt() throws {
        var house = house()
        let hundred = phone()
        let (_, request) = try ask(&house)
        var end = notify(request, [], 1)
        end.set("Subscription-State", "terminated;reason=rejected")
        house.receive(end, from: hundred.address)
        house.receive(agree(hundred, request), from: hundred.address)
        #expect(house.run(for: .seconds(80_000)).isEmpty)
    }

    // MARK: Who watches

    private func look(_ index: Int, from address: SocketAddress) -> SIPMessage {
        var phone = SIPPhone("P\(index)", port: 5080, calls: "sip:alice@localhost")
        phone.identity = SIPURI(user: "p\(index)", host: address.ip.description)
        var request = phone.request(.subscribe)
        request.vias[0].host = "203.0.113.9"
        request.set("Event", "presence")
        request.set("Expires", "0")
        return request
    }

    /// To whose phones a route leads.
    private var routed: SIPHouse {
        var house = SIPHouse()
        var configuration = house.conference.configuration
        for host in ["203.0.113.9", "203.0.113.10"] {
            configuration.routes.append(GatewayRoute(pattern: "p*@\(host)", host: host))
        }
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        return house
    }

    @Test func oneAddressMayWatchOnlySoOften() {
        var house = routed
        let address = SocketAddress(IPAddress("203.0.113.9") ?? .loopback4, 5080)
        for index in 0..<500 { house.receive(look(index, from: address), from: address) }
        let wishes = events(house).count { $0.event == .watch }
        #expect(wishes == 50)
        #expect(house.sent.statuses.count { $0 == 503 } == 450)
        #expect(house.sent.first(503)?.header("Retry-After") == "10")
        house.run(for: .seconds(1))
        for index in 500..<600 { house.receive(look(index, from: address), from: address) }
        #expect(events(house).count { $0.event == .watch } == 60)
        // Others are not affected.
        let other = SocketAddress(IPAddress("203.0.113.10") ?? .loopback4, 5080)
        #expect(house.receive(look(700, from: other), from: other).first(200) != nil)
    }

    @Test func aLookCountsUntilItsNotifyIsAnswered() {
        var house = routed
        let address = SocketAddress(IPAddress("203.0.113.9") ?? .loopback4, 5080)
        for index in 0..<20 { house.receive(look(index, from: address), from: address) }
        house.run(for: .seconds(3))
        #expect(house.adapter.presenceWatchers.isEmpty)
        #expect(house.adapter.presenceWatchers.linkCount == 0)
        #expect(house.adapter.subscriptionCount == 20)
        house.run(for: .seconds(40))
        #expect(house.adapter.subscriptionCount == 0)
        #expect(house.adapter.watchers[address.ip] == 0)
    }

    @Test func onlyWhoWatchesSomebodyIsToldOfIt() throws {
        var house = SIPHouse()
        var links: [PresenceLink] = []
        for (index, user) in ["alice", "alice", "bob"].enumerated() {
            var phone = SIPPhone("W\(index)", port: UInt16(5080 + index), calls: "sip:\(user)@localhost")
            phone.identity = SIPURI(user: "100", host: "127.0.0.1", port: 5080)
            var request = phone.request(.subscribe)
            request.set("Event", "presence")
            let answers = house.receive(request, from: phone.address)
            if let pending = answers.first(.notify) { house.receive(phone.answer(pending), from: phone.address) }
            links.append(try #require(events(house).last?.link))
        }
        #expect(links[0] == links[1] && links[1] != links[2])
        #expect(house.adapter.presenceWatchers.linkCount == 2)
        house.handle(.presence(links[0], .granted))
        let told = house.run(for: .zero).filter { $0.method == .notify }
        #expect(Set(told.map(\.callID)) == ["call-of-W0", "call-of-W1"])
    }
}
