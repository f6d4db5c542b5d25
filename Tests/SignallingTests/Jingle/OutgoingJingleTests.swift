import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct OutgoingJingleTests {
    typealias H = JingleHarness
    var h = JingleHarness()
    let leg = LegID(1 << 56 | 1)
    let phone = "juliet@example.net/phone"
    let tablet = "juliet@example.net/tablet"
    let gateway = "+4930@sip.example.org/gw"

    private mutating func dial(_ resource: String? = nil, focus: Bool = false) throws -> String {
        let caller =
            focus
            ? PeerAddress(.xmpp, user: "demo", host: "talk.example.org")
            : PeerAddress(.xmpp, user: "+4930", host: "sip.example.org")
        let call = OutgoingCall(
            target: PeerAddress(.xmpp, user: "juliet", host: "example.net", resource: resource), caller: caller,
            displayName: nil, isFocus: focus)
        #expect(h.perform(.dial(leg, call)).isEmpty)
        return try #require(h.legs.legs[leg]?.sid)
    }

    private mutating func initiated() throws -> String {
        let sid = try dial()
        #expect(h.receive(try h.message(.proceed, sid, from: phone, to: gateway)).isEmpty)
        return sid
    }

    private mutating func active() throws -> String {
        let sid = try initiated()
        h.receive(try h.response(to: .sessionInitiate))
        let accept = H.jingle(.sessionAccept, sid, [H.group("0"), H.content(setup: "active", candidates: [7000])])
        #expect(h.receive(h.iq(accept, from: phone, to: gateway)).map(\.jingleBrief) == ["answered"])
        _ = h.take()
        return sid
    }

    @Test mutating func allDevicesAreRungAndTheFirstToProceedIsCalled() throws {
        let sid = try dial()
        let propose = try #require(h.sent.first)
        #expect(propose["to"] == "juliet@example.net")
        #expect(propose["from"] == gateway)
        #expect(sid.count == 36)
        #expect(h.take() == ["propose"])
        #expect(h.receive(try h.message(.ringing, sid, from: phone, to: gateway)).map(\.jingleBrief) == ["ringing"])
        #expect(h.receive(try h.message(.ringing, sid, from: tablet, to: gateway)).isEmpty)
        #expect(h.receive(try h.message(.proceed, sid, from: tablet, to: gateway)).isEmpty)
        let offer = try #require(h.sent.first)
        #expect(offer["to"] == tablet)
        let jingle = try #require(offer.child("jingle", Namespace.jingle))
        #expect(jingle["initiator"] == gateway && jingle["sid"] == sid)
        #expect(jingle.child("content")?.child("transport", JingleNamespace.iceUDP)?.child("candidate") != nil)
        #expect(jingle.child("conference-info", Namespace.coin) == nil)
        #expect(h.take() == ["session-initiate"])
        #expect(h.media.controlling == [true])
        h.receive(try h.message(.proceed, sid, from: phone, to: gateway))
        #expect(h.sent.first?["to"] == phone)
        #expect(h.take() == ["retract cancel"])
    }

    @Test mutating func aDeviceThatDoesNotSayThatItRingsIsTakenToDoSo() throws {
        let sid = try dial()
        #expect(h.pass(.seconds(2)).isEmpty)
        #expect(h.pass(.seconds(2)).map(\.jingleBrief) == ["ringing"])
        #expect(h.receive(try h.message(.ringing, sid, from: phone, to: gateway)).isEmpty)
        #expect(h.pass(.seconds(10)).isEmpty)
    }

    @Test mutating func whoSaysThatItRingsIsNotTakenToDoSoAgain() throws {
        let sid = try dial()
        h.receive(try h.message(.ringing, sid, from: phone, to: gateway))
        #expect(h.pass(.seconds(10)).isEmpty)
    }

    @Test(arguments: [(5, "ended declined"), (30, "ended noAnswer")])
    mutating func aDeviceThatGivesUpByItselfHasNotDeclined(seconds: Int, brief: String) throws {
        let sid = try dial()
        _ = h.pass(.seconds(seconds))
        #expect(h.receive(try h.message(.reject, sid, from: phone, to: gateway)).map(\.jingleBrief) == [brief])
    }

    @Test mutating func aDeviceHasItsCall() throws {
        _ = try active()
        #expect(h.legs.leg(of: try #require(JID(phone)), with: try #require(JID("+4930@sip.example.org"))) == leg)
        #expect(h.legs.leg(of: try #require(JID(tablet)), with: try #require(JID("+4930@sip.example.org"))) == nil)
        #expect(h.legs.leg(of: try #require(JID(phone)), with: try #require(JID("+4931@sip.example.org"))) == nil)
    }

    @Test mutating func theAnswerSettlesTheMedia() throws {
        let sid = try initiated()
        h.receive(h.iq(H.trickle(6999, sid), from: phone, to: gateway))
        #expect(h.media.ports.isEmpty)
        let accept = H.jingle(.sessionAccept, sid, [H.group("0"), H.content(setup: "active", candidates: [7000])])
        #expect(h.receive(h.iq(accept, from: phone, to: gateway)).map(\.jingleBrief) == ["answered"])
        #expect(h.take() == ["propose", "session-initiate", "result", "result"])
        #expect(h.media.agreed.map(\.sendCodec.payloadType) == [111])
        guard case .ice(let remote, let fingerprints, let isClient) = h.media.agreed.first?.transport else {
            Issue.record("not ICE")
            return
        }
        #expect(remote.ufrag == "them" && fingerprints.count == 1 && !isClient)
        #expect(h.media.ports == [7000, 6999])
        #expect(h.legs.session(of: leg)?.peer == JID(phone))
        #expect(h.receive(h.iq(accept, from: phone, to: gateway)).isEmpty)
        #expect(h.take() == ["error unexpected-request out-of-order"])
    }

    @Test mutating func aRoomThatCallsSaysThatItIsAConference() throws {
        let sid = try dial(focus: true)
        h.receive(try h.message(.proceed, sid, from: phone, to: H.focus))
        let jingle = h.sent.last?.child("jingle", Namespace.jingle)
        #expect(jingle?.child("conference-info", Namespace.coin)?["isfocus"] == "true")
    }

    @Test mutating func aFullAddressIsCalledWithoutAProposal() throws {
        let sid = try dial("phone")
        #expect(h.take() == ["session-initiate"])
        #expect(h.receive(h.iq(H.info("ringing", sid), from: phone, to: gateway)).map(\.jingleBrief) == ["ringing"])
        h.perform(.end(leg, .cancelled))
        #expect(h.take() == ["result", "session-terminate cancel"])
    }

    @Test(arguments: [
        (JingleReason?.none, "ended declined"), (JingleReason(.busy), "ended busy"),
        (JingleReason(.decline), "ended declined"), (JingleReason(.gone), "ended unavailable"),
    ])
    mutating func aRejectionEndsTheCall(reason: JingleReason?, told: String) throws {
        let sid = try dial()
        #expect(
            h.receive(try h.message(.reject, sid, from: phone, to: gateway, reason: reason)).map(\.jingleBrief) == [
                told
            ])
        #expect(h.take() == ["propose"])
        #expect(h.legs.nextWake == nil)
    }

    @Test mutating func nobodyAnswers() throws {
        let sid = try dial()
        h.receive(try h.message(.ringing, sid, from: phone, to: gateway))
        #expect(h.pass(.seconds(44)).isEmpty)
        #expect(h.pass(.seconds(2)).map(\.jingleBrief) == ["ended noAnswer"])
        #expect(h.take() == ["propose", "retract timeout"])
        #expect(h.receive(try h.message(.proceed, sid, from: phone, to: gateway)).isEmpty)
        #expect(h.take() == [])
    }

    @Test mutating func aBouncedProposalMeansThatNobodyIsThere() throws {
        _ = try dial()
        let propose = try #require(h.sent.first)
        func bounce(from: String?) -> XMLElement {
            XMLElement(
                "message", Namespace.client,
                ["type": "error", "id": propose["id"], "from": from, "to": propose["from"]])
        }
        #expect(!h.legs.handles(bounce(from: "mallory@example.com")))
        #expect(h.receive(bounce(from: phone)).isEmpty, "one device speaks for itself")
        #expect(h.receive(bounce(from: "juliet@example.net")).map(\.jingleBrief) == ["ended unavailable"])
        #expect(h.pass(.seconds(10)).isEmpty, "nobody rings")
    }

    @Test mutating func hangingUpBeforeAnybodyProceededRetracts() throws {
        _ = try dial()
        h.perform(.end(leg, .cancelled))
        #expect(h.take() == ["propose", "retract cancel"])
        #expect(h.media.events.isEmpty)
    }

    @Test mutating func hangingUpBeforeTheAcceptCancels() throws {
        _ = try initiated()
        _ = h.take()
        h.perform(.end(leg, .hangup))
        #expect(h.take() == ["session-terminate cancel", "finish cancel"])
        #expect(h.media.closed == 1)
    }

    @Test mutating func theCalleeDeclinesTheSession() throws {
        let sid = try initiated()
        _ = h.take()
        let end = H.jingle(.sessionTerminate, sid, [JingleReason(.decline).xml])
        #expect(h.receive(h.iq(end, from: phone, to: gateway)).map(\.jingleBrief) == ["ended declined"])
        #expect(h.take() == ["result", "finish decline"])
    }

    @Test(arguments: [
        ("service-unavailable", "ended unavailable"), ("item-not-found", "ended notFound"),
        ("feature-not-implemented", "ended incompatible"), ("forbidden", "ended forbidden"),
        ("undefined-condition", "ended failed(\"undefined-condition\")"),
    ])
    mutating func anErrorToTheInitiateEndsTheCall(condition: String, told: String) throws {
        _ = try initiated()
        let error = XMLElement("error", Namespace.client, ["type": "cancel"]) {
            XMLElement(condition, Namespace.stanzaErrors)
        }
        let response = try h.response(to: .sessionInitiate, error: error)
        #expect(h.receive(response).map(\.jingleBrief) == [told])
        #expect(h.media.closed == 1)
        #expect(!h.legs.handles(response))
    }

    @Test mutating func anInitiateThatIsNeverAnsweredEndsTheCall() throws {
        _ = try initiated()
        _ = h.take()
        #expect(h.pass(.seconds(29)).map(\.jingleBrief) == ["ringing"])
        #expect(h.pass(.seconds(2)).map(\.jingleBrief) == ["ended unavailable"])
        #expect(h.take() == ["session-terminate gone", "finish gone"])
    }

    @Test mutating func aDeviceThatProceedsAndNeverAcceptsIsGivenUp() throws {
        _ = try initiated()
        h.receive(try h.response(to: .sessionInitiate))
        #expect(h.pass(.seconds(59)).map(\.jingleBrief) == ["ringing"])
        #expect(h.pass(.seconds(2)).map(\.jingleBrief) == ["ended noAnswer"])
    }

    @Test mutating func anAnswerThatDoesNotFitEndsTheCall() throws {
        let sid = try initiated()
        _ = h.take()
        let accept = H.jingle(.sessionAccept, sid, [H.content(codec: "speex", setup: "active")])
        #expect(h.receive(h.iq(accept, from: phone, to: gateway)).map(\.jingleBrief) == ["ended incompatible"])
        #expect(
            h.take() == ["result", "session-terminate incompatible-parameters", "finish incompatible-parameters"])
    }

    @Test mutating func withoutMediaTheCallFailsAndTheDeviceIsTold() throws {
        let sid = try dial()
        h.media.isExhausted = true
        #expect(
            h.receive(try h.message(.proceed, sid, from: phone, to: gateway)).map(\.jingleBrief)
                == ["ended failed(\"no port left\")"])
        #expect(h.take() == ["propose", "finish general-error"])
    }

    @Test mutating func aCallThatIsUpHoldsAndEnds() throws {
        let sid = try active()
        #expect(
            h.receive(h.iq(H.info("hold", sid), from: phone, to: gateway)).map(\.jingleBrief) == ["direction sendonly"])
        h.perform(.setDirection(leg, .inactive))
        _ = h.take()
        let end = H.jingle(.sessionTerminate, sid, [JingleReason(.success).xml])
        #expect(h.receive(h.iq(end, from: phone, to: gateway)).map(\.jingleBrief) == ["ended hangup"])
        #expect(h.take() == ["result", "finish success"])
    }

    @Test mutating func addressesThatCannotBeCalledEndAtOnce() {
        let here = PeerAddress(.xmpp, user: "+4930", host: "sip.example.org")
        func dial(_ target: PeerAddress, from caller: PeerAddress) -> [String] {
            h.perform(
                .dial(leg, OutgoingCall(target: target, caller: caller, displayName: nil, isFocus: false))
            ).map(\.jingleBrief)
        }
        #expect(dial(PeerAddress(.xmpp, user: "a b", host: "example.net"), from: here) == ["ended notFound"])
        #expect(dial(PeerAddress(.xmpp, user: "", host: "example.net"), from: here) == ["ended notFound"])
        let elsewhere = PeerAddress(.xmpp, user: "x", host: "example.net")
        #expect(dial(elsewhere, from: elsewhere) == ["ended failed(\"no caller address\")"])
        #expect(dial(PeerAddress(.sip, user: "100", host: "127.0.0.1"), from: here) == [])
        #expect(h.take() == [])
    }

    // MARK: Both at once

    @Test mutating func ofTwoProposalsThatCrossTheLowerIdStands() throws {
        _ = try dial()
        let bare = "+4930@sip.example.org"
        _ = h.take()
        #expect(h.receive(try h.message(.propose([.audio]), "~higher", from: phone, to: bare)).isEmpty)
        let reject = try #require(h.sent.last?.child("reject", Namespace.jingleMessage))
        #expect(reject.child("tie-break") != nil)
        #expect(h.take() == ["reject expired"])
        let commands = h.receive(try h.message(.propose([.audio]), "!lower", from: phone, to: bare))
        #expect(
            commands.map(\.jingleBrief) == ["ended busy", "offered juliet@example.net/phone to +4930@sip.example.org"])
        let retract = try #require(h.sent.last?.child("retract", Namespace.jingleMessage))
        #expect(retract.child("tie-break") != nil)
        #expect(h.take() == ["retract expired"])
    }

    @Test mutating func ofTwoSessionsThatCrossTheLowerIdStands() throws {
        _ = try dial("phone")
        _ = h.take()
        let offer = [H.group("0"), H.content()]
        #expect(h.receive(h.iq(H.jingle(.sessionInitiate, "~higher", offer), from: phone, to: gateway)).isEmpty)
        #expect(h.take() == ["error conflict tie-break"])
        let commands = h.receive(h.iq(H.jingle(.sessionInitiate, "!lower", offer), from: phone, to: gateway))
        #expect(
            commands.map(\.jingleBrief) == ["ended busy", "offered juliet@example.net/phone to +4930@sip.example.org"])
        #expect(h.take() == ["result"])
    }

    @Test mutating func aTieThatTheOtherSideBreaksEndsOurCall() throws {
        let sid = try dial()
        let message = try JMIMessage(.reject, id: sid, reason: JingleReason(.expired), isTieBreak: true).stanza(
            from: #require(JID(phone)), to: #require(JID(gateway)))
        #expect(h.receive(message).map(\.jingleBrief) == ["ended busy"])
    }
}
