import MediaDescription
import Testing
import XMPP

@testable import Jingle

@Suite struct JingleSessionTests {
    let romeo: JID
    let room: JID

    init() throws {
        romeo = try #require(JID("romeo@example.org/phone"))
        room = try #require(JID("demo@talk.example.org/focus"))
    }

    private func responder() throws -> JingleSession {
        try JingleSession(responding: JingleElement(Samples.conversationsOffer), from: romeo, to: room)
    }

    private func active() throws -> JingleSession {
        var session = try responder()
        _ = session.accept(try #require(session.remoteDescription))
        return session
    }

    private func initiator() throws -> (session: JingleSession, request: JingleElement) {
        let offer = try JingleCodec.description(of: JingleElement(Samples.conversationsOffer), by: .initiator)
        return JingleSession.initiate(sid: "sid", from: room, to: romeo, offer: offer)
    }

    private func info(_ payload: XMLElement...) throws -> JingleElement {
        try JingleElement(Samples.jingle("session-info", payload))
    }

    private func rtpInfo(_ name: String, _ content: String? = nil) throws -> JingleElement {
        try info(XMLElement(name, JingleNamespace.rtpInfo, ["name": content]))
    }

    // MARK: Responder

    @Test func acceptingNamesTheResponderAndEveryContent() throws {
        var session = try responder()
        #expect(session.state == .pending)
        let offer = try #require(session.remoteDescription)
        let sent = session.accept(offer)
        let accept = try #require(sent)
        #expect(accept.action == .sessionAccept)
        #expect(accept.responder == room)
        #expect(accept.contents.map(\.name) == ["0"])
        #expect(session.state == .active)
        #expect(session.accept(try #require(session.localDescription)) == nil)
    }

    @Test func aSecondInitiateIsOutOfOrder() throws {
        var session = try active()
        #expect(session.receive(try JingleElement(Samples.conversationsOffer)).error == .outOfOrder)
        #expect(session.state == .active)
    }

    @Test func anAcceptToTheResponderIsOutOfOrder() throws {
        var session = try responder()
        #expect(
            session.receive(try JingleElement(Samples.jingle("session-accept", [Samples.audio()]))).error == .outOfOrder
        )
        #expect(session.state == .pending)
    }

    @Test func anOfferWithoutTransportIsABadRequest() throws {
        var content = Samples.audio()
        content.children.removeLast()
        #expect(throws: JingleError.badRequest("content without description or transport")) {
            try JingleSession(
                responding: JingleElement(Samples.jingle("session-initiate", [content])), from: romeo, to: room)
        }
        #expect(throws: JingleError.badRequest("no content")) {
            try JingleSession(responding: JingleElement(Samples.jingle("session-initiate")), from: romeo, to: room)
        }
    }

    // MARK: Initiator

    @Test func theInitiatorOffersAndTakesTheAnswer() throws {
        var (session, request) = try initiator()
        #expect(request.action == .sessionInitiate)
        #expect(request.initiator == room)
        #expect(request.contents.first?.creator == .initiator)
        let accept = try JingleElement(Samples.jingle("session-accept", [Samples.audio(setup: "active")]))
        let outcome = session.receive(accept)
        #expect(outcome.error == nil)
        #expect(session.state == .active)
        guard case .accepted(let answer) = outcome.events.first else {
            Issue.record("not accepted")
            return
        }
        #expect(answer.contents.first?.setup == .active)
        #expect(session.receive(accept).error == .outOfOrder)
    }

    @Test func anAnswerToWhatWasNotOfferedIsABadRequest() throws {
        var (session, _) = try initiator()
        var content = Samples.audio()
        content["name"] = "other"
        let outcome = session.receive(try JingleElement(Samples.jingle("session-accept", [content])))
        #expect(outcome.error == .badRequest("a content that was not offered"))
        #expect(session.state == .pending)
    }

    @Test func candidatesThatComeBeforeTheAcceptAreKept() throws {
        var (session, _) = try initiator()
        #expect(session.receive(try JingleElement(Samples.trickle([1]))) == JingleSession.Outcome())
        #expect(session.receive(try JingleElement(Samples.trickle([2], ufrag: "else"))) == JingleSession.Outcome())
        let outcome = session.receive(try JingleElement(Samples.jingle("session-accept", [Samples.audio()])))
        #expect(outcome.events.count == 2)
        guard case .candidates(let candidates) = outcome.events.last else {
            Issue.record("no candidates")
            return
        }
        #expect(candidates.map(\.foundation) == ["1"])
    }

    @Test func noMoreThanTwoHundredCandidatesAreKeptBeforeTheAccept() throws {
        var (session, _) = try initiator()
        for _ in 0..<50 {
            let outcome = session.receive(try JingleElement(Samples.trickle(Array(1...100))))
            #expect(outcome == JingleSession.Outcome())
        }
        for _ in 0..<50 { _ = session.receive(try JingleElement(Samples.trickle([]))) }
        #expect(session.early.reduce(0) { $0 + $1.candidates.count } <= 200)
        #expect(session.early.count <= 2)
    }

    @Test func ringingIsHeardWhilePendingOnly() throws {
        var (session, _) = try initiator()
        #expect(session.receive(try rtpInfo("ringing")).events == [.ringing])
        var responding = try responder()
        #expect(responding.receive(try rtpInfo("ringing")) == JingleSession.Outcome())
    }

    // MARK: Trickle

    @Test func noMoreThanAHundredCandidatesAreTaken() throws {
        var session = try responder()
        var (taken, floods) = (0, 0)
        for batch in 0..<20 {
            let outcome = session.receive(try JingleElement(Samples.trickle(Array(batch * 10..<batch * 10 + 10))))
            #expect(outcome.error == nil)
            for case .candidates(let candidates) in outcome.events { taken += candidates.count }
            for case .flooded in outcome.events { floods += 1 }
        }
        #expect(taken == JingleLimits.candidates)
        #expect(floods == 1)
    }

    // MARK: In the session

    @Test func holdAndMuteAreOneDirection() throws {
        var session = try active()
        #expect(session.receive(try rtpInfo("hold")).events == [.direction(.sendonly)])
        #expect(session.receive(try rtpInfo("hold")).events == [])
        #expect(session.receive(try rtpInfo("mute")).events == [.direction(.inactive)])
        #expect(session.receive(try rtpInfo("unhold")).events == [.direction(.recvonly)])
        #expect(session.receive(try rtpInfo("unmute", "0")).events == [.direction(.sendrecv)])
        #expect(session.receive(try rtpInfo("mute", "video")).events == [])
        _ = session.receive(try rtpInfo("hold"))
        _ = session.receive(try rtpInfo("mute"))
        #expect(session.receive(try rtpInfo("active")).events == [.direction(.sendrecv)])
    }

    @Test func unknownInformationAndPingsAreAcknowledged() throws {
        var session = try active()
        #expect(session.receive(try info(XMLElement("checksum", "urn:x"))) == JingleSession.Outcome())
        #expect(session.receive(try info()) == JingleSession.Outcome())
        for action in ["description-info", "security-info", "transport-accept", "transport-reject"] {
            #expect(session.receive(try JingleElement(Samples.jingle(action))) == JingleSession.Outcome())
        }
    }

    /// XEP-0181.
    @Test func keysAreTakenAndOtherCodesAreNot() throws {
        var session = try active()
        func dtmf(_ code: String?, duration: String? = "400") throws -> JingleElement {
            try info(XMLElement("dtmf", JingleNamespace.dtmf, ["code": code, "duration": duration, "volume": "42"]))
        }
        for key in "0123456789*#ABCD" { #expect(session.receive(try dtmf(String(key))).events == [.key(key)]) }
        #expect(session.receive(try dtmf("a", duration: nil)).events == [.key("A")])
        #expect(session.receive(try dtmf("5", duration: "0")) == JingleSession.Outcome())
        for code in [nil, "", "12", "E", "ß", "٣"] {
            #expect(session.receive(try dtmf(code)) == JingleSession.Outcome(error: .unsupportedInfo))
        }
    }

    @Test func contentModifyTurnsTheDirection() throws {
        var session = try active()
        func modify(_ senders: String?) throws -> JingleElement {
            try JingleElement(
                Samples.jingle(
                    "content-modify",
                    [
                        XMLElement(
                            "content", Namespace.jingle, ["creator": "initiator", "name": "0", "senders": senders])
                    ]))
        }
        #expect(session.receive(try modify("initiator")).events == [.direction(.sendonly)])
        #expect(session.receive(try modify("none")).events == [.direction(.inactive)])
        #expect(session.receive(try modify("both")).events == [.direction(.sendrecv)])
        #expect(session.receive(try modify(nil)).error == .badRequest("no senders"))
    }

    @Test func anAddedContentIsRejectedAfterTheResult() throws {
        var session = try active()
        var video = Samples.audio()
        video["name"] = "1"
        video["creator"] = "responder"
        let outcome = session.receive(try JingleElement(Samples.jingle("content-add", [video])))
        #expect(outcome.error == nil)
        let reject = try #require(outcome.requests.first)
        #expect(reject.action == .contentReject)
        #expect(reject.contents.map(\.name) == ["1"] && reject.contents.map(\.creator) == [.responder])
        #expect(reject.contents.first?.description?["media"] == "audio")
        #expect(reject.contents.first?.description?.elements.isEmpty == true)
        #expect(reject.contents.first?.transport?.attributes.isEmpty == true)
        #expect(reject.reason?.condition == .unsupportedApplications && reject.reason?.text != nil)
        #expect(session.receive(try JingleElement(Samples.jingle("content-add"))).error == .badRequest("no content"))
        #expect(session.state == .active)
    }

    @Test func aReplacedTransportIsRejectedAndTheOldOneStays() throws {
        var session = try active()
        let outcome = session.receive(try JingleElement(Samples.jingle("transport-replace", [Samples.audio()])))
        #expect(outcome.requests.map(\.action) == [.transportReject])
        #expect(outcome.requests.first?.contents.first?.transport != nil)
        #expect(
            session.receive(try JingleElement(Samples.jingle("transport-replace"))).error == .badRequest("no content"))
        #expect(session.state == .active)
    }

    @Test func withoutItsAudioTheSessionEnds() throws {
        var session = try active()
        func remove(_ name: String) throws -> JingleElement {
            try JingleElement(
                Samples.jingle(
                    "content-remove",
                    [XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": name])]))
        }
        #expect(session.receive(try remove("1")) == JingleSession.Outcome())
        let outcome = session.receive(try remove("0"))
        #expect(outcome.requests.map(\.action) == [.sessionTerminate])
        #expect(outcome.requests.first?.reason == JingleReason(.success))
        #expect(session.state == .ended)
    }

    @Test func unaskedAnswersAreOutOfOrder() throws {
        var session = try active()
        for action in ["content-accept", "content-reject"] {
            #expect(session.receive(try JingleElement(Samples.jingle(action))).error == .outOfOrder)
        }
    }

    // MARK: Ends

    @Test func terminatingSaysWhyOnce() throws {
        var session = try active()
        let ended = session.terminate(JingleReason(.success))
        let request = try #require(ended)
        let reason = try #require(request.xml.child("reason"))
        #expect(reason.elements.map(\.name) == ["success"])
        #expect(session.terminate(JingleReason(.success)) == nil)
        #expect(session.inform(.hold) == nil)
    }

    @Test func anEndedSessionIsUnknownButMayBeTerminatedAgain() throws {
        var session = try active()
        let terminate = try JingleElement(
            Samples.jingle("session-terminate", [JingleReason(.busy, text: "no time").xml]))
        #expect(session.receive(terminate).events == [.ended(JingleReason(.busy, text: "no time"))])
        #expect(session.receive(terminate).error == nil)
        #expect(session.receive(try rtpInfo("hold")).error == .unknownSession)
    }

    @Test func everyReasonComesBackAndDinosUnderscoreIsUnderstood() throws {
        for condition in JingleReason.Condition.allCases {
            #expect(JingleReason(JingleReason(condition, text: "t").xml) == JingleReason(condition, text: "t"))
        }
        let dino = XMLElement("reason", Namespace.jingle) { XMLElement("failed_application", Namespace.jingle) }
        #expect(JingleReason(dino) == JingleReason(.failedApplication))
        #expect(JingleReason(XMLElement("reason", Namespace.jingle)) == nil)
    }

    // MARK: Elements

    @Test func whatCannotBeUnderstoodIsABadRequest() {
        let long = String(repeating: "n", count: 300)
        let wrong = [
            XMLElement("jingle", Namespace.jingle, ["action": "session-info"]),
            XMLElement("jingle", Namespace.jingle, ["sid": "s"]),
            XMLElement("jingle", Namespace.jingle, ["sid": "s", "action": "session-destroy"]),
            XMLElement("jingle", Namespace.jingle, ["sid": long, "action": "session-info"]),
            XMLElement("jingle", Namespace.jingle, ["sid": "", "action": "session-info"]),
            Samples.jingle("content-add", [XMLElement("content", Namespace.jingle)]),
            Samples.jingle("content-add", [XMLElement("content", Namespace.jingle, ["name": long])]),
            Samples.jingle("content-add", [XMLElement("content", Namespace.jingle, ["name": "a", "creator": "me"])]),
            Samples.jingle("content-add", [XMLElement("content", Namespace.jingle, ["name": "a", "senders": "us"])]),
            Samples.jingle(
                "content-add", (0..<9).map { XMLElement("content", Namespace.jingle, ["name": "\($0)"]) }),
        ]
        for element in wrong { #expect(throws: JingleError.self) { try JingleElement(element) } }
    }

    @Test func errorsCarryTheConditionsOfTheSpecification() {
        let conditions: [(JingleError, String, String?)] = [
            (.outOfOrder, "unexpected-request", "out-of-order"), (.tieBreak, "conflict", "tie-break"),
            (.unknownSession, "item-not-found", "unknown-session"),
            (.unsupportedInfo, "feature-not-implemented", "unsupported-info"),
            (.badRequest("x"), "bad-request", nil),
        ]
        for (error, condition, detail) in conditions {
            #expect(error.xml.child(condition, Namespace.stanzaErrors) != nil)
            #expect(error.xml.children(in: Namespace.jingleErrors).first?.name == detail)
        }
    }
}
