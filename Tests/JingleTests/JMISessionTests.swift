import MediaDescription
import Testing
import XMPP

@testable import Jingle

@Suite struct JMISessionTests {
    let romeo: JID
    let juliet: JID
    let tablet: JID

    init() throws {
        romeo = try #require(JID("romeo@example.org/phone"))
        juliet = try #require(JID("juliet@example.com/phone"))
        tablet = try #require(JID("juliet@example.com/tablet"))
    }

    private func caller() -> JMISession {
        JMISession.propose(id: "id", from: romeo, to: juliet, media: [.audio]).session
    }

    @Test func aProposalGoesToTheBareAddressWithAStoreHint() throws {
        let (_, stanza) = JMISession.propose(id: "id", from: romeo, to: juliet, media: [.audio, .video])
        #expect(stanza["to"] == "juliet@example.com")
        #expect(stanza["from"] == "romeo@example.org/phone")
        #expect(stanza["type"] == "chat")
        #expect(stanza["id"] == "jm-propose-id")
        #expect(stanza.child("store", Namespace.hints) != nil)
        let propose = try #require(stanza.child("propose", Namespace.jingleMessage))
        #expect(propose.children(named: "description", JingleNamespace.rtp).map { $0["media"] } == ["audio", "video"])
    }

    @Test func everyMessageComesBack() {
        let kinds: [JMIMessage.Kind] = [
            .propose([.audio]), .ringing, .proceed, .accept, .reject, .retract, .finish,
        ]
        for kind in kinds {
            let message = JMIMessage(
                kind, id: "id", reason: JingleReason(.expired, text: "why"), isTieBreak: true, migratedTo: "other")
            #expect(JMIMessage(message.stanza(from: romeo, to: juliet)) == message)
        }
    }

    @Test func theFirstDeviceToProceedHasTheSession() {
        var session = caller()
        #expect(session.receive(JMIMessage(.ringing, id: "id"), from: juliet).event == .ringing)
        #expect(session.receive(JMIMessage(.ringing, id: "id"), from: tablet).event == nil)
        #expect(session.receive(JMIMessage(.proceed, id: "id"), from: tablet).event == .proceed(tablet))
        #expect(session.peer == tablet)
        let second = session.receive(JMIMessage(.proceed, id: "id"), from: juliet)
        #expect(second.event == nil)
        #expect(second.stanzas.first?["to"] == juliet.description)
        #expect(second.stanzas.first?.child("retract", Namespace.jingleMessage) != nil)
        #expect(session.receive(JMIMessage(.proceed, id: "id"), from: tablet) == JMISession.Outcome())
        #expect(session.receive(JMIMessage(.reject, id: "id"), from: juliet).event == nil)
    }

    @Test func aRejectionEndsTheProposal() {
        var session = caller()
        let busy = JingleReason(.busy)
        #expect(
            session.receive(JMIMessage(.reject, id: "id", reason: busy), from: juliet).event == .ended(busy))
        #expect(session.receive(JMIMessage(.proceed, id: "id"), from: tablet) == JMISession.Outcome())
        #expect(session.retract(JingleReason(.cancel)) == nil)
    }

    @Test func strangersAndOtherSessionsChangeNothing() throws {
        var session = caller()
        let stranger = try #require(JID("mallory@example.net/x"))
        #expect(session.receive(JMIMessage(.proceed, id: "id"), from: stranger) == JMISession.Outcome())
        #expect(session.receive(JMIMessage(.proceed, id: "other"), from: juliet) == JMISession.Outcome())
        #expect(session.state == .proposed)
        var callee = JMISession(proposedBy: romeo, id: "id", to: juliet)
        let desktop = try #require(JID("romeo@example.org/desktop"))
        #expect(callee.receive(JMIMessage(.retract, id: "id"), from: desktop).event == nil)
    }

    @Test func theCalleeAnswersTheFullAddressAndOnlyOnce() {
        var session = JMISession(proposedBy: romeo, id: "id", to: juliet)
        #expect(session.ring()?["to"] == romeo.description)
        #expect(session.ring() == nil)
        #expect(session.proceed()?["from"] == juliet.description)
        #expect(session.proceed() == nil)
        #expect(session.reject(JingleReason(.busy)) == nil)
        #expect(session.finish(JingleReason(.success))?["to"] == romeo.description)
        #expect(session.finish(JingleReason(.success)) == nil)
    }

    @Test func aRetractedProposalIsOver() {
        var session = JMISession(proposedBy: romeo, id: "id", to: juliet)
        let cancel = JingleReason(.cancel)
        #expect(session.receive(JMIMessage(.retract, id: "id", reason: cancel), from: romeo).event == .ended(cancel))
        #expect(session.proceed() == nil)
    }

    @Test func messagesThatAreNoneAreNotTaken() {
        let long = String(repeating: "i", count: 300)
        let children = [
            XMLElement("propose", Namespace.jingleMessage), XMLElement("propose", Namespace.jingleMessage, ["id": ""]),
            XMLElement("propose", Namespace.jingleMessage, ["id": long]),
            XMLElement("dance", Namespace.jingleMessage, ["id": "id"]), XMLElement("propose", "urn:x", ["id": "id"]),
        ]
        for child in children {
            #expect(JMIMessage(XMLElement("message", Namespace.client) { child }) == nil)
        }
    }
}
