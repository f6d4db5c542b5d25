import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// What a peer can make us keep, or repeat, has an end; and nobody takes what is there for all.
@Suite struct SIPBoundsTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let phone = SIPPhone("desk", port: 5080)
    private let eve = SocketAddress(.v4(0xc000_0201), 5060)

    /// An XMPP user calls a phone; gives the INVITE.
    private func call(_ house: inout SIPHouse) throws -> SIPMessage {
        let call = IncomingCall(
            caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"), displayName: "Romeo",
            callee: PeerAddress(.xmpp, user: "100", host: "sip.localhost"), takesText: true)
        return try #require(house.handle(.legOffered(jingle, call)).first(.invite))
    }

    private func ended(_ house: SIPHouse) -> EndReason? {
        for case .end(jingle, let reason) in house.effects { return reason }
        return nil
    }

    // MARK: Answers that make no call

    @Test func anAnswerFromNoSIPAddressIsAcknowledgedAndEnded() throws {
        var house = SIPHouse()
        let invite = try call(&house)
        var answer = phone.answer(invite, sdp: SIPPhone.sdp())
        answer.contacts = [NameAddress(SIPURI(scheme: "mailto", user: "desk", host: "example.org"))]
        let sent = house.receive(answer, from: phone.address)
        #expect(sent.methods == [.ack, .bye])
        #expect(sent.allSatisfy { $0.to.tag == "tag-desk" && $0.requestURI == invite.to.uri })
        #expect(ended(house) == .failed("no dialog"))
        #expect(house.adapter.legCount == 0 && house.adapter.dialogs.isEmpty)
        #expect(house.media.closed.count == 1)
    }

    @Test func aCancelledCallIsForgottenWhateverBecomesOfItsTransaction() throws {
        var house = SIPHouse()
        let invite = try call(&house)
        house.receive(phone.answer(invite, 180), from: phone.address)
        #expect(house.handle(.legEnded(jingle, .cancelled)).first(.cancel) != nil)
        house.adapter.purposes = [:]
        house.run(for: .seconds(31))
        #expect(house.adapter.legCount == 1)
        house.run(for: .seconds(2))
        #expect(house.adapter.legCount == 0 && house.ends == [.cancelled])
    }

    // MARK: 422

    /// Refuses what comes with 422 and a Min-SE that is longer by one each time; gives how often it came.
    private func refuse(_ house: inout SIPHouse, _ phone: SIPPhone, _ first: SIPMessage) -> Int {
        var next: SIPMessage? = first
        var count = 0
        while let request = next, count < 20 {
            count += 1
            var refusal = phone.answer(request, 422)
            refusal.set("Min-SE", String(2000 + count))
            let sent = house.receive(refusal, from: phone.address) + house.run(for: .milliseconds(10))
            next = sent.first { $0.method == request.method }
        }
        return count
    }

    @Test func aCallIsRepeatedTwiceForLongerSessions() throws {
        var house = SIPHouse()
        let invite = try call(&house)
        #expect(refuse(&house, phone, invite) == 3)
        #expect(ended(house) == .incompatible)
        #expect(house.adapter.legCount == 0 && house.adapter.purposes.isEmpty)
    }

    @Test func aPhoneOfAnAccountIsCalledTwiceMoreForLongerSessions() throws {
        var house = SIPHouse(accounts: SIPAccountTests.accounts)
        var desk = SIPPhone("desk", port: 4001)
        desk.identity = SIPURI("sip:alice@talk.localhost")
        house.register(&desk)
        let sent = house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                    displayName: "Romeo",
                    callee: PeerAddress(.xmpp, user: "alice", host: "sip.localhost"), takesText: true)))
        #expect(refuse(&house, desk, try #require(sent.first(.invite))) == 3)
        #expect(ended(house) != nil && house.adapter.legCount == 0)
    }

    @Test(arguments: [SIPMethod.update, .invite])
    func aRefreshIsRepeatedTwiceForLongerSessions(method: SIPMethod) throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        if method == .update { alice.allow += ", UPDATE" }
        house.join(&alice)
        let first = try #require(house.run(for: .seconds(901)).first(method))
        #expect(refuse(&house, alice, first) == 3)
        #expect(house.adapter.liveLegs.count == 1)
        // It is tried again soon, but not at once.
        let next = try #require(house.run(for: .seconds(6)).first(method))
        house.receive(alice.answer(next, sdp: method == .invite ? SIPPhone.sdp() : nil), from: alice.address)
        #expect(house.adapter.legs.values.values.first?.longerSessions == 0)
    }

    @Test func aCallInTheClearAfterA488LeavesNothingBehind() throws {
        var house = SIPHouse { $0.security = SIPMediaSecurity(offer: .opportunistic, least: .none) }
        let invite = try call(&house)
        let again = try #require(house.receive(phone.answer(invite, 488), from: phone.address).first(.invite))
        house.receive(phone.answer(again, 486), from: phone.address)
        #expect(ended(house) == .busy && house.adapter.purposes.isEmpty)
    }

    // MARK: REFER

    /// A participant calls somebody in; gives what was sent.
    private func refer(_ house: inout SIPHouse, _ phone: inout SIPPhone, route: String? = nil) -> [SIPMessage] {
        var request = phone.request(.refer)
        request.set("Refer-To", "<sip:100@talk.localhost>")
        request.set("Record-Route", route)
        return house.receive(request, from: phone.address)
    }

    private func refresh(_ house: inout SIPHouse, _ phone: inout SIPPhone, _ seconds: Int) -> [SIPMessage] {
        var request = phone.request(.subscribe)
        request.set("Event", "refer")
        request.set("Expires", String(seconds))
        return house.receive(request, from: phone.address)
    }

    @Test func whatIsOverStaysOverWhenItIsRefreshed() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let sent = refer(&house, &alice)
        let (invite, trying) = (try #require(sent.first(.invite)), try #require(sent.first(.notify)))
        house.receive(phone.answer(invite, 486), from: phone.address)
        #expect(refresh(&house, &alice, 60).statuses == [200])
        let last = house.receive(alice.answer(trying), from: alice.address).filter { $0.method == .notify }
        #expect(last.map { $0.header("Subscription-State") } == ["terminated;reason=noresource"])
        #expect(house.adapter.refers.isEmpty)
    }

    @Test func whoAsksAgainAndAgainIsToldOnce() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let trying = try #require(refer(&house, &alice).first(.notify))
        for _ in 0..<20 { #expect(refresh(&house, &alice, 60).statuses == [200]) }
        #expect(house.adapter.refers.values.values.map(\.waiting) == [["SIP/2.0 100 Trying"]])
        let again = house.receive(alice.answer(trying), from: alice.address)
        #expect(again.first(.notify)?.header("Subscription-State") == "active;expires=60")
    }

    @Test func theSubscriptionOfAReferEndsInItsTime() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var pending = refer(&house, &alice)
        let invite = try #require(pending.first(.invite))
        #expect(pending.first(.notify)?.header("Subscription-State") == "active;expires=180")
        pending += house.receive(phone.answer(invite, 180), from: phone.address)
        pending += refresh(&house, &alice, 30)
        while !pending.isEmpty {
            let message = pending.removeFirst()
            guard message.method == .notify else { continue }
            pending += house.receive(alice.answer(message), from: alice.address)
        }
        #expect(house.run(for: .seconds(29)).first(.notify) == nil)
        let last = house.run(for: .seconds(2)).first(.notify)
        #expect(last?.header("Subscription-State") == "terminated;reason=timeout")
        #expect(house.adapter.refers.isEmpty)
        // The call goes on all the same.
        house.receive(phone.answer(invite, sdp: SIPPhone.sdp()), from: phone.address)
        #expect(house.demo?.participants.count == 2)
    }

    @Test func theSecondReferOfACallHasAnIDThoughTheFirstIsOver() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let first = refer(&house, &alice)
        #expect(first.first(.notify)?.header("Event") == "refer")
        var pending = first
        pending += house.receive(phone.answer(try #require(first.first(.invite)), 486), from: phone.address)
        while !pending.isEmpty {
            let message = pending.removeFirst()
            guard message.method == .notify else { continue }
            pending += house.receive(alice.answer(message), from: alice.address)
        }
        #expect(house.adapter.refers.isEmpty)
        house.run(for: .seconds(10))
        let request = refer(&house, &alice)
        #expect(request.first(.notify)?.header("Event") == "refer;id=3")
    }

    @Test func whoRefersOutsideItsCallIsToldWhereItIs() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var outside = SIPPhone("Alice", port: 5061)
        outside.callID = "another"
        #expect(refer(&house, &outside, route: "<sip:203.0.113.5;lr>").first(.notify) != nil)
        let told = zip(house.sent, house.flows).filter { $0.0.method == .notify }.map(\.1.remote)
        #expect(told == [alice.address])
    }

    @Test func aCallThatIsNotInYetCannotBeReplaced() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: alice.address).first(200))
        var mobile = SIPPhone("Mobile", port: 5062)
        mobile.identity = alice.uri
        var invite = mobile.request(.invite, sdp: SIPPhone.sdp())
        invite.set("Replaces", "\(alice.callID);to-tag=\(ok.to.tag ?? "");from-tag=tag-Alice")
        #expect(house.receive(invite, from: mobile.address).statuses.last == 481)
    }

    // MARK: Shares

    private func call(
        _ house: inout SIPHouse, _ name: String, from remote: SocketAddress
    ) -> (phone: SIPPhone, answer: SIPMessage?) {
        var phone = SIPPhone(name, port: remote.port)
        let answer = house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: remote).last
        if let answer, answer.status == 200 { house.receive(phone.ack(answer), from: remote) }
        return (phone, answer)
    }

    @Test func oneAddressDoesNotTakeAllCalls() throws {
        let trusted = try #require(IPNetwork("198.51.100.1"))
        var house = SIPHouse(trusting: [trusted]) { $0.maximumLegs = 64 }
        var phones: [SIPPhone] = []
        for index in 0..<32 {
            let (phone, answer) = call(&house, "Eve\(index)", from: eve)
            #expect(answer?.status == 200)
            phones.append(phone)
        }
        let refusal = call(&house, "Eve32", from: eve).answer
        #expect(refusal?.status == 503 && refusal?.header("Retry-After") != nil)
        for index in 0..<8 {
            let others = [SocketAddress(.v4(0xc633_6402), 5060), SocketAddress(trusted.base, 5060), phone.address]
            for other in others { #expect(call(&house, "\(other.ip)-\(index)", from: other).answer?.status == 200) }
        }
        for index in phones.indices.prefix(17) { house.receive(phones[index].request(.bye), from: eve) }
        // Fifteen are left of Eve's, and 39 in all.
        #expect(house.adapter.legCount == 39)
        #expect(call(&house, "Eve33", from: eve).answer?.status == 200)
        #expect(call(&house, "Eve34", from: eve).answer?.status == 503)
        for index in phones.indices.dropFirst(17) { house.receive(phones[index].request(.bye), from: eve) }
        #expect(house.adapter.callers[eve.ip] == 1)
    }

    @Test func subscriptionsThatAreOverAtOnceCountUntilTheirNotifyIsAnswered() throws {
        var house = SIPHouse { $0.maximumSubscriptions = 64 }
        var told: [(SIPPhone, SIPMessage)] = []
        func subscribe(_ house: inout SIPHouse, _ name: String, _ remote: SocketAddress) -> (SIPPhone, [SIPMessage]) {
            var phone = SIPPhone(name, port: remote.port)
            var request = phone.request(.subscribe)
            request.set("Event", "conference")
            request.set("Expires", "0")
            return (phone, house.receive(request, from: remote))
        }
        for index in 0..<32 {
            let (phone, sent) = subscribe(&house, "Eve\(index)", eve)
            #expect(sent.statuses == [200])
            told.append((phone, try #require(sent.first(.notify))))
        }
        let refusal = subscribe(&house, "Eve32", eve).1
        #expect(refusal.statuses == [503] && refusal.first?.header("Retry-After") != nil)
        #expect(subscribe(&house, "Bob", phone.address).1.statuses == [200])
        for (phone, notify) in told { house.receive(phone.answer(notify), from: eve) }
        #expect(house.adapter.subscriptionCount == 1 && house.adapter.watchers[eve.ip] == 0)
        #expect(subscribe(&house, "Eve33", eve).1.statuses == [200])
        house.run(for: .seconds(40))
        #expect(house.adapter.subscriptionCount == 0 && house.adapter.watchers[eve.ip] == 0)
    }
}
