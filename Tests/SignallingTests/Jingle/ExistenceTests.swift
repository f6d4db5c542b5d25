import Conference
import Jingle
import Primitives
import Testing
import XMPP

@testable import Signalling

/// What it means that a proposal came back with `service-unavailable`: nobody of that name, or nobody there.
@Suite struct ExistenceTests {
    typealias H = JingleHarness
    var h = JingleHarness()
    let ours = "+4930@sip.example.org"
    private var number: UInt64 = 0

    /// Proposes to juliet, whose server is asked. -> the leg, its session, the question
    private mutating func dial() throws -> (leg: LegID, sid: String, question: XMLElement?) {
        number += 1
        let leg = LegID(1 << 56 | number)
        let call = OutgoingCall(
            target: PeerAddress(.xmpp, user: "juliet", host: "example.net"),
            caller: PeerAddress(.xmpp, user: "+4930", host: "sip.example.org"), displayName: nil, isFocus: false)
        #expect(h.perform(.dial(leg, call)).isEmpty)
        let peer = try #require(JID("juliet@example.net"))
        let question = h.legs.doubt(leg, of: peer, as: try #require(JID(ours)), now: h.now)
        return (leg, try #require(h.legs.legs[leg]?.sid), question)
    }

    private mutating func serverSays(_ features: [String], _ question: XMLElement?) throws {
        let question = try #require(question)
        #expect(question["to"] == "example.net" && question["from"] == ours)
        let answer = question.result { DiscoInfo(identities: [], features: features).element() }
        #expect(h.legs.handles(answer))
        #expect(h.receive(answer).isEmpty)
    }

    private mutating func returned(_ sid: String) throws -> [String] {
        let error = XMLElement("error", Namespace.client, ["type": "cancel"]) {
            XMLElement("service-unavailable", Namespace.stanzaErrors)
        }
        let propose = try #require(h.sent.last { $0.name == "message" && JMIMessage.element(in: $0)?["id"] == sid })
        let bounce = XMLElement(
            "message", Namespace.client,
            ["from": propose["to"], "to": propose["from"], "id": propose["id"], "type": "error"]
        ) {
            JMIMessage.element(in: propose)
            error
        }
        return h.receive(bounce).map(\.jingleBrief)
    }

    @Test mutating func aServerThatKeepsTextsReturnsThoseToNobodyAlone() throws {
        let (_, sid, question) = try dial()
        try serverSays([Namespace.discoInfo, "msgoffline"], question)
        #expect(try returned(sid) == ["ended notFound"])
    }

    @Test mutating func ofAServerThatKeepsNoneAndAnswersNoProbesNothingIsKnown() throws {
        let (_, sid, question) = try dial()
        try serverSays([Namespace.discoInfo], question)
        #expect(try returned(sid) == ["ended unavailable"])
        #expect(h.legs.existence.unsure.isEmpty && h.legs.existence.unkept.isEmpty)
    }

    @Test mutating func aServerThatAnswersProbesOfStrangersSaysNothingOfNobody() throws {
        let (_, first, question) = try dial()
        try serverSays([Namespace.discoInfo], question)
        h.notice("juliet@example.net", "unsubscribed", to: ours)
        #expect(try returned(first) == ["ended unavailable"])
        let (_, second, none) = try dial()
        #expect(none == nil, "it is known")
        #expect(try returned(second) == ["ended notFound"])
    }

    @Test mutating func aServerThatSaysNothingOfItselfIsTakenForOneOfThose() throws {
        let (_, sid, _) = try dial()
        #expect(try returned(sid) == ["ended notFound"])
    }

    @Test mutating func aProbeReturnedIsNoAnswer() throws {
        let (_, sid, question) = try dial()
        try serverSays([Namespace.discoInfo, "urn:xmpp:mam:2"], question)
        h.notice("juliet@example.net", "error", to: ours)
        #expect(try returned(sid) == ["ended notFound"])
    }
}
