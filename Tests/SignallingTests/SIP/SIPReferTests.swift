import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

@Suite struct SIPReferTests {
    private let desk = SocketAddress(.loopback4, 5080)

    private func refer(
        _ phone: inout SIPPhone, _ target: String, headers: [SIPHeader] = []
    ) -> SIPMessage {
        var request = phone.request(.refer)
        request.set("Refer-To", target)
        request.headers += headers
        return request
    }

    /// Answers every request of the house's to this phone, until it says nothing more; gives the fragments it was told.
    private func fragments(_ house: inout SIPHouse, _ phone: SIPPhone, _ first: [SIPMessage]) -> [String] {
        var told: [String] = []
        var pending = first
        while !pending.isEmpty {
            let message = pending.removeFirst()
            guard message.method == .notify else { continue }
            told.append(
                String(decoding: message.body, as: UTF8.self).split(separator: "\r\n").first.map(String.init) ?? "")
            pending += house.receive(phone.answer(message), from: phone.address)
        }
        return told
    }

    @Test func aReferCallsSomebodyAndTellsHowFarItIs() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let sent = house.receive(
            refer(&alice, "<sip:100@talk.localhost>", headers: [SIPHeader("Referred-By", "<sip:alice@127.0.0.1>")]),
            from: alice.address)
        #expect(sent.statuses.contains(202))
        #expect(sent.first(202)?.contacts.first?.parameters.contains("isfocus") == true)
        let invite = try #require(sent.first(.invite))
        #expect(invite.requestURI?.description == "sip:100@127.0.0.1:5080")
        #expect(invite.contacts.first?.parameters.contains("isfocus") == true)
        #expect(invite.from.uri.description == "sip:demo@talk.localhost")
        #expect(invite.header("Referred-By") == "<sip:alice@127.0.0.1>")
        let notify = try #require(sent.first(.notify))
        #expect(notify.header("Event") == "refer")
        #expect(notify.header("Subscription-State")?.hasPrefix("active") == true)
        #expect(notify.mediaType == "message/sipfrag")
        #expect(fragments(&house, alice, sent) == ["SIP/2.0 100 Trying"])

        let phone = SIPPhone("desk", port: 5080)
        let rung = house.receive(phone.answer(invite, 180), from: desk)
        #expect(fragments(&house, alice, rung) == ["SIP/2.0 180 Ringing"])
        #expect(house.demo?.participants.last?.endpoints.first?.status == .alerting)
        let answered = house.receive(phone.answer(invite, sdp: SIPPhone.sdp()), from: desk)
        let last = try #require(answered.first(.notify))
        #expect(last.header("Subscription-State") == "terminated;reason=noresource")
        #expect(fragments(&house, alice, answered) == ["SIP/2.0 200 OK"])
        #expect(house.demo?.participants.map { $0.endpoints.map(\.status) } == [[.connected], [.connected]])
        #expect(house.demo?.participants.last?.endpoints.first?.takesText == true)
    }

    @Test func busyIsToldAndShown() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let sent = house.receive(refer(&alice, "<sip:100@talk.localhost>"), from: alice.address)
        let invite = try #require(sent.first(.invite))
        _ = fragments(&house, alice, sent)
        let phone = SIPPhone("desk", port: 5080)
        let busy = house.receive(phone.answer(invite, 486), from: desk)
        #expect(fragments(&house, alice, busy) == ["SIP/2.0 486 Busy Here"])
        #expect(house.demo?.participants.last?.endpoints.first?.status == .disconnected)
        house.run(for: .seconds(6))
        #expect(house.demo?.participants.count == 1)
    }

    @Test func nobodyIsToldWhoDoesNotWantToBe() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let silent = refer(
            &alice, "<sip:100@talk.localhost>",
            headers: [SIPHeader("Refer-Sub", "false"), SIPHeader("Supported", "norefersub")])
        let sent = house.receive(silent, from: alice.address)
        #expect(sent.first(202)?.header("Refer-Sub") == "false")
        #expect(sent.first(.notify) == nil)
        let invite = try #require(sent.first(.invite))
        let answered = house.receive(
            SIPPhone("desk", port: 5080).answer(invite, sdp: SIPPhone.sdp()), from: desk)
        #expect(answered.first(.notify) == nil)
        #expect(house.demo?.participants.count == 2)
    }

    @Test(arguments: [
        ("<sip:900@talk.localhost>", 403), ("<sip:bob@elsewhere.example>", 403),
        ("<sip:100@talk.localhost;method=MESSAGE>", 400),
        ("<mailto:bob@example.org>", 416), ("<<>", 400), ("<cid:nothing@here>", 400),
        ("<sip:bob@elsewhere.example;method=BYE>", 403),
    ])
    func whatCannotBeDoneIsRefused(target: String, status: Int) {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let sent = house.receive(refer(&alice, target), from: alice.address)
        #expect(sent.statuses == [status])
        #expect(sent.methods == [])
        #expect(house.demo?.participants.count == 1)
    }

    @Test func aReferWithoutOrWithTwoTargetsIs400() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        #expect(house.receive(alice.request(.refer), from: alice.address).statuses == [400])
        let two = refer(
            &alice, "<sip:100@talk.localhost>", headers: [SIPHeader("Refer-To", "<sip:101@talk.localhost>")])
        #expect(house.receive(two, from: alice.address).statuses == [400])
    }

    @Test func aStrangerMayNotRefer() {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var eve = SIPPhone("Eve", port: 5066)
        #expect(house.receive(refer(&eve, "<sip:100@talk.localhost>"), from: eve.address).statuses == [403])
    }

    @Test func aParticipantRefersOutsideTheCallToo() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var outside = SIPPhone("Alice", port: 5061)
        outside.callID = "another"
        let sent = house.receive(refer(&outside, "<sip:100@talk.localhost>"), from: alice.address)
        #expect(sent.statuses.contains(202))
        let notify = try #require(sent.first(.notify))
        #expect(notify.callID == "another")
        #expect(notify.header("Event") == "refer;id=1")
        let invite = try #require(sent.first(.invite))
        _ = fragments(&house, outside, sent)
        let declined = house.receive(SIPPhone("desk", port: 5080).answer(invite, 603), from: desk)
        #expect(fragments(&house, outside, declined) == ["SIP/2.0 603 Decline"])
        #expect(house.adapter.refers.isEmpty)
        #expect(house.adapter.requests.isEmpty)
        #expect(house.adapter.dialogs.count == 1)
    }

    @Test func whoTakesHimselfOutIsHungUpWithAReason() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        var bob = SIPPhone("Bob", port: 5062)
        house.join(&alice)
        house.join(&bob)
        #expect(house.receive(refer(&alice, "<sip:bob@127.0.0.1;method=BYE>"), from: alice.address).statuses == [403])
        let sent = house.receive(refer(&bob, "<sip:bob@127.0.0.1;method=BYE>"), from: bob.address)
        #expect(sent.first(202) != nil)
        #expect(sent.first(.bye)?.header("Reason")?.contains("Removed") == true)
        #expect(house.demo?.participants.map(\.name) == ["Alice"])
    }

    @Test func aListCallsEachOfItOnce() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var request = refer(
            &alice, "<cid:list@here>",
            headers: [SIPHeader("Require", "multiple-refer, norefersub"), SIPHeader("Refer-Sub", "false")])
        let list = """
            <?xml version="1.0" encoding="UTF-8"?>
            <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" \
            xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list>
            <entry uri="sip:100@talk.localhost" cp:copyControl="to"/>
            <entry uri="sip:101@talk.localhost"/><list><entry uri="sip:100@talk.localhost"/></list>
            <entry uri="sip:900@talk.localhost"/></list></resource-lists>
            """
        request.setBody(Array(list.utf8), type: ResourceList.mediaType)
        let sent = house.receive(request, from: alice.address)
        #expect(sent.statuses == [202])
        #expect(sent.first(202)?.header("Refer-Sub") == "false")
        #expect(sent.methods == [.invite, .invite])
        for invite in sent where invite.method == .invite {
            house.receive(SIPPhone("desk", port: 5080).answer(invite, 486), from: desk)
        }
        #expect(house.adapter.refers.isEmpty)
        #expect(house.adapter.requests.isEmpty)
    }

    @Test func aListOfWhoIsThereAndWhoMayNotBeCalledLeavesNothingBehind() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let first = house.receive(refer(&alice, "<sip:100@talk.localhost>"), from: alice.address)
        _ = fragments(&house, alice, first)
        let invite = try #require(first.first(.invite))
        let answered = house.receive(SIPPhone("desk", port: 5080).answer(invite, sdp: SIPPhone.sdp()), from: desk)
        _ = fragments(&house, alice, answered)
        var request = refer(&alice, "<cid:list@here>", headers: [SIPHeader("Refer-Sub", "false")])
        let list =
            "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list><entry uri='sip:100@talk.localhost'/>"
            + "<entry uri='sip:900@talk.localhost'/></list></resource-lists>"
        request.setBody(Array(list.utf8), type: ResourceList.mediaType)
        #expect(house.receive(request, from: alice.address).statuses == [202])
        #expect(house.adapter.refers.isEmpty)
        #expect(house.adapter.requests.isEmpty)
    }

    @Test(arguments: 0..<300)
    func aListThatIsCutIsRefused(length: Int) {
        let list =
            "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list><entry uri='sip:100@h'/></list></resource-lists>"
        let whole = Array(list.utf8)
        guard length < whole.count else { return }
        #expect(ResourceList.targets(in: Array(whole.prefix(length))) == nil)
        #expect(ResourceList.targets(in: whole)?.count == 1)
    }

    @Test func aSubscriptionToAReferIsEndedByTheReferrer() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let sent = house.receive(refer(&alice, "<sip:100@talk.localhost>"), from: alice.address)
        _ = fragments(&house, alice, sent)
        var end = alice.request(.subscribe)
        end.set("Event", "refer")
        end.set("Expires", "0")
        let ended = house.receive(end, from: alice.address)
        #expect(ended.statuses == [200])
        #expect(ended.first(.notify)?.header("Subscription-State")?.hasPrefix("terminated") == true)
        let invite = try #require(sent.first(.invite))
        let busy = house.receive(SIPPhone("desk", port: 5080).answer(invite, 486), from: desk)
        #expect(busy.first(.notify) == nil)
        #expect(house.adapter.refers.isEmpty)
    }

    @Test func aRefersReplacesGoesOnToWhoIsCalled() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let sent = house.receive(
            refer(&alice, "<sip:100@talk.localhost?Replaces=12345%40h%3Bto-tag%3Da%3Bfrom-tag%3Db>"),
            from: alice.address)
        #expect(sent.first(.invite)?.header("Replaces") == "12345@h;to-tag=a;from-tag=b")
    }
}
