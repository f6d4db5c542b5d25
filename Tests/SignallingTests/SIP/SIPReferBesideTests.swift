import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// REFER outside of the dialog of a call of two.
@Suite struct SIPReferBesideTests {
    private var house = SIPHouse()
    private var phone = SIPPhone("ann", port: 6001, calls: "sip:bob@localhost")
    private let desk = SIPPhone("desk", port: 5080)

    /// Ann calls Bob, who is an XMPP user and answers. -> Bob's leg
    private mutating func bridge() throws -> LegID {
        house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address)
        let callee = try #require(
            house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        let ok = try #require(house.handle(.legAnswered(callee)).first(200))
        house.receive(phone.ack(ok), from: phone.address)
        return callee
    }

    private var contact: String { phone.remoteTarget?.description ?? "" }

    private var dialog: SIPHeader {
        SIPHeader("Target-Dialog", "\(phone.callID);local-tag=tag-ann;remote-tag=\(phone.remoteTag ?? "")")
    }

    /// From somebody in a dialog of its own.
    private mutating func refer(
        _ target: String = "<sip:100@talk.localhost>", to uri: String, _ headers: [SIPHeader] = [],
        by name: String = "ann", port: UInt16 = 6001
    ) -> [SIPMessage] {
        var other = SIPPhone(name, port: port, calls: uri)
        other.callID = "beside-\(house.sent.count)"
        other.branchPrefix = "beside\(house.sent.count)"
        var request = other.request(.refer)
        request.set("Refer-To", target)
        request.headers += headers
        return house.receive(request, from: other.address)
    }

    @Test(arguments: [true, false])
    mutating func theCallBecomesARoomWithWhoIsReferredTo(byDialog: Bool) throws {
        let bob = try bridge()
        let sent =
            byDialog
            ? refer(to: "sip:sip.localhost", [dialog, SIPHeader("Require", "tdialog")]) : refer(to: contact)
        #expect(sent.statuses == [202])
        let notify = try #require(sent.first(.notify))
        #expect(notify.callID.hasPrefix("beside") && notify.mediaType == "message/sipfrag")
        let invite = try #require(sent.first { $0.method == .invite && $0.callID != phone.callID })
        #expect(invite.requestURI?.description == "sip:100@127.0.0.1:5080")
        #expect(invite.contacts.first?.parameters.contains("isfocus") == true)
        let refresh = try #require(sent.first { $0.method == .invite && $0.callID == phone.callID })
        #expect(refresh.contacts.first?.parameters.contains("isfocus") == true)
        let name = try #require(house.conference.room(of: bob))
        #expect(house.conference.room(name)?.participants.first { $0.role == .moderator }?.address.user == "ann")

        house.receive(phone.answer(notify), from: phone.address)
        house.receive(phone.answer(refresh, sdp: SIPPhone.sdp(version: 2)), from: phone.address)
        let done = house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address)
        let last = try #require(done.first(.notify))
        #expect(String(decoding: last.body, as: UTF8.self) == "SIP/2.0 200 OK\r\n")
        #expect(last.header("Subscription-State")?.hasPrefix("terminated") == true)
        #expect(house.conference.room(name)?.participants.count == 3)
        // In a room it goes on as in any: by the same dialog, and somebody is taken out again.
        #expect(refer("<sip:100@127.0.0.1:5080;method=BYE>", to: "sip:sip.localhost", [dialog]).statuses == [202])
        #expect(house.conference.bridge(of: bob) != nil)
    }

    @Test mutating func theTagsMayStandTheOtherWayRound() throws {
        let bob = try bridge()
        let turned = "\(phone.callID);remote-tag=tag-ann;local-tag=\(phone.remoteTag ?? "")"
        #expect(refer(to: contact, [SIPHeader("Target-Dialog", turned)]).statuses == [202])
        #expect(house.conference.room(of: bob) != nil)
    }

    @Test mutating func nobodyIsToldWhoDoesNotWantToBe() throws {
        _ = try bridge()
        let sent = refer(
            to: contact, [dialog, SIPHeader("Refer-Sub", "false"), SIPHeader("Require", "norefersub, tdialog")])
        #expect(sent.first(202)?.header("Refer-Sub") == "false" && sent.first(.notify) == nil)
    }

    @Test mutating func aListCallsSeveralIn() throws {
        let bob = try bridge()
        let list =
            "<?xml version='1.0'?><resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list>"
            + "<entry uri='sip:100@talk.localhost'/><entry uri='sip:101@talk.localhost'/></list></resource-lists>"
        var other = SIPPhone("ann", port: 6001, calls: contact)
        other.callID = "beside"
        var request = other.request(.refer)
        request.set("Refer-To", "<cid:list@ann>")
        request.headers.append(SIPHeader("Require", "multiple-refer"))
        request.headers.append(dialog)
        request.setBody(Array(list.utf8), type: "application/resource-lists+xml")
        let sent = house.receive(request, from: other.address)
        #expect(sent.statuses == [202])
        let name = try #require(house.conference.room(of: bob))
        #expect(house.conference.room(name)?.participants.count == 4)
    }

    @Test mutating func anotherDialogIsUnknownAndAStrangerMayNot() throws {
        let bob = try bridge()
        for wrong in ["x;local-tag=a;remote-tag=b", "\(phone.callID);local-tag=tag-ann;remote-tag=x"] {
            #expect(refer(to: contact, [SIPHeader("Target-Dialog", wrong)]).statuses == [481])
        }
        for bad in ["", "x", "x;local-tag=a", "x;local-tag=a;local-tag=b;remote-tag=c", ";local-tag=a;remote-tag=b"] {
            #expect(refer(to: contact, [SIPHeader("Target-Dialog", bad)]).statuses == [400])
        }
        #expect(refer(to: contact, [dialog, dialog]).statuses == [400])
        // Neither from another port nor under another name.
        let elsewhere = refer(to: contact, by: "ann", port: 6009)
        #expect(!elsewhere.methods.contains(.invite) && elsewhere.statuses.allSatisfy { $0 >= 400 })
        let somebody = refer(to: contact, by: "emil")
        #expect(!somebody.methods.contains(.invite) && somebody.statuses.allSatisfy { $0 >= 400 })
        #expect(house.conference.bridge(of: bob) != nil)
    }

    @Test mutating func theDialogIsOfNoUseToWhoIsElsewhere() throws {
        let bob = try bridge()
        var other = SIPPhone("ann", port: 6001, calls: contact)
        other.callID = "beside"
        var request = other.request(.refer)
        request.set("Refer-To", "<sip:100@talk.localhost>")
        request.headers.append(dialog)
        let far = SocketAddress(.v4(0xc000_0207), 6001)
        #expect(house.receive(request, from: far).statuses == [403])
        #expect(house.conference.bridge(of: bob) != nil)
    }

    /// From the place of an account that was called, which is easily written over UDP.
    @Test func anotherNameIsNotTheAccountThatWasCalled() throws {
        var house = SIPHouse(
            accounts: SIPAccounts(domain: "talk.localhost", secrets: ["alice": .password(Redacted("wonderland"))]))
        var desk = SIPPhone("Alice", port: 6001, calls: "sip:demo@talk.localhost")
        desk.identity = SIPURI(user: "alice", host: "talk.localhost")
        try #require(house.register(&desk) != nil)
        let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
        let bob = PeerAddress(.xmpp, user: "bob", host: "localhost", resource: "x")
        let number = PeerAddress(.xmpp, user: "alice", host: "sip.localhost")
        let call = IncomingCall(caller: bob, displayName: nil, callee: number, takesText: true)
        let invite = try #require(house.handle(.legOffered(jingle, call)).first(.invite))
        house.receive(desk.answer(invite, sdp: SIPPhone.sdp()), from: desk.address)
        house.handle(.legAnswered(jingle))
        var eve = SIPPhone("eve", port: 6001, calls: invite.contacts.first?.uri.description ?? "")
        var request = eve.request(.refer)
        request.set("Refer-To", "<sip:100@talk.localhost>")
        #expect(house.receive(request, from: eve.address).first(.invite) == nil)
        #expect(house.conference.bridge(of: jingle) != nil)
    }

    @Test(arguments: [
        ("<sip:999@talk.localhost>", 403), ("<sip:100@talk.localhost;method=BYE>", 400), ("<mailto:x@y>", 416),
        ("", 400), ("<cid:list>", 400), ("<sip:bob@elsewhere.example>", 403),
    ])
    mutating func whatCannotBeIsRefusedAndTheCallGoesOn(target: String, status: Int) throws {
        let bob = try bridge()
        #expect(refer(target, to: contact, [dialog]).statuses == [status])
        #expect(house.conference.bridge(of: bob) != nil)
    }

    @Test mutating func anotherRoomIsMeantWhereTheRequestSaysSo() throws {
        let bob = try bridge()
        var ann = SIPPhone("ann", port: 6001)
        ann.callID = "demo-call"
        ann.branchPrefix = "demo"
        house.join(&ann)
        #expect(refer(to: "sip:demo@127.0.0.1", [dialog]).statuses == [202])
        #expect(house.demo?.participants.count == 2 && house.conference.bridge(of: bob) != nil)
    }

    @Test mutating func callsSayThatTheyTakeTargetDialog() throws {
        house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address)
        let callee = try #require(
            house.effects.lazy.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        #expect(house.handle(.legAnswered(callee)).first(200)?.supported.contains("tdialog") == true)
    }
}
