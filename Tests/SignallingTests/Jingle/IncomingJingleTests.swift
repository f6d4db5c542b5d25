import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct IncomingJingleTests {
    typealias H = JingleHarness
    var h = JingleHarness()

    /// Propose, ring, accept, initiate: the room's call, up.
    private mutating func callRoom(_ contents: [XMLElement] = [H.group("0"), H.content()]) throws -> LegID {
        let offered = h.receive(try h.message(.propose([.audio]), to: H.room))
        let leg = try #require(offered.first?.jingleLeg)
        h.perform(.accept(leg))
        let answered = h.receive(h.iq(H.jingle(.sessionInitiate, "sid", contents)))
        #expect(answered.map(\.jingleBrief).first == "answered")
        return leg
    }

    /// Direct session-initiate to a gateway number, not answered yet.
    private mutating func callNumber(
        _ contents: [XMLElement] = [H.group("0"), H.content()], sid: String = "sid", to: String = H.number + "/gw"
    ) throws -> LegID {
        let offered = h.receive(h.iq(H.jingle(.sessionInitiate, sid, contents), to: to))
        return try #require(offered.first?.jingleLeg)
    }

    // MARK: With a proposal

    @Test mutating func aRoomRingsAndProceedsAtOnceAndAcceptsTheSessionThatFollows() throws {
        let offered = h.receive(try h.message(.propose([.audio]), to: H.room))
        #expect(offered.map(\.jingleBrief) == ["offered romeo@example.net/phone to demo@talk.example.org"])
        let leg = try #require(offered.first?.jingleLeg)
        #expect(h.take() == [])
        #expect(h.perform(.ring(leg)).isEmpty)
        #expect(h.perform(.accept(leg)).isEmpty)
        #expect(h.sent.allSatisfy { $0["from"] == H.focus && $0["to"] == H.romeo })
        #expect(h.take() == ["ringing", "proceed"])

        let commands = h.receive(
            h.iq(H.jingle(.sessionInitiate, "sid", [H.group("0"), H.content(candidates: [5000])])))
        #expect(commands.map(\.jingleBrief) == ["answered"])
        let accept = try #require(h.sent.last?.child("jingle", Namespace.jingle))
        #expect(accept.child("conference-info", Namespace.coin)?["isfocus"] == "true")
        #expect(accept["responder"] == H.focus)
        let transport = accept.child("content")?.child("transport", JingleNamespace.iceUDP)
        #expect(transport?.children(named: "candidate").count == 1)
        #expect(transport?.child("fingerprint", JingleNamespace.dtls)?["setup"] == "active")
        #expect(h.take() == ["result", "session-accept"])
        #expect(h.media.controlling == [false])
        #expect(h.media.agreed.map(\.sendCodec.name) == ["opus"])
        #expect(h.media.ports == [5000])
        let session = try #require(h.legs.session(of: leg))
        #expect(session.peer == JID(H.romeo) && session.local == JID(H.focus) && session.sid == "sid")
    }

    @Test mutating func theGatewayProceedsAtOnceAndAcceptsWhenTheFarSideDoes() throws {
        let offered = h.receive(try h.message(.propose([.audio]), to: H.number))
        let leg = try #require(offered.first?.jingleLeg)
        #expect(h.take() == [])
        #expect(h.legs.nextWake == h.now)
        #expect(h.wake().isEmpty)
        #expect(h.sent.first?["from"] == "100@sip.example.org/gw")
        #expect(h.take() == ["proceed"])
        #expect(
            h.receive(
                h.iq(H.jingle(.sessionInitiate, "sid", [H.group("0"), H.content()]), to: "100@sip.example.org/gw")
            ).isEmpty)
        #expect(h.take() == ["result"])
        h.receive(h.iq(H.trickle(6000), to: "100@sip.example.org/gw"))
        h.receive(h.iq(H.trickle(6001), to: "100@sip.example.org/gw"))
        #expect(h.take() == ["result", "result"])
        #expect(h.media.ports == [6000, 6001])
        h.perform(.ring(leg))
        #expect(h.take() == ["session-info ringing"])
        #expect(h.pass(.seconds(120)).isEmpty)
        #expect(h.media.agreed.isEmpty)
        #expect(h.perform(.accept(leg)).map(\.jingleBrief) == ["answered"])
        #expect(h.sent.first?.child("jingle", Namespace.jingle)?.child("conference-info", Namespace.coin) == nil)
        #expect(h.take() == ["session-accept"])
        #expect(h.media.agreed.count == 1)
    }

    @Test mutating func ringingThatComesBeforeTheSessionIsToldInIt() throws {
        let offered = h.receive(try h.message(.propose([.audio]), to: H.number))
        let leg = try #require(offered.first?.jingleLeg)
        h.wake()
        h.perform(.ring(leg))
        #expect(h.take() == ["proceed"])
        h.receive(h.iq(H.jingle(.sessionInitiate, "sid", [H.content()]), to: "100@sip.example.org/gw"))
        #expect(h.take() == ["result", "session-info ringing"])
    }

    @Test(arguments: [
        (EndReason.notFound, "gone"), (.busy, "busy"), (.forbidden, "decline"), (.full, "busy"),
        (.failed("x"), "general-error"), (.hangup, "decline"), (.noAnswer, "timeout"),
        (.cancelled, "cancel"),
    ])
    mutating func aProposalThatTheDomainRefusesIsRejectedWithTheReason(reason: EndReason, told: String) throws {
        let offered = h.receive(try h.message(.propose([.audio]), to: H.room))
        let leg = try #require(offered.first?.jingleLeg)
        #expect(h.perform(.end(leg, reason)).isEmpty)
        #expect(h.take() == ["reject \(told)"])
        #expect(h.legs.nextWake == nil)
        h.receive(try h.message(.propose([.audio]), to: H.room))
        #expect(h.take() == [])
    }

    @Test mutating func aRefusalAfterProceedWaitsForTheSessionAndEndsIt() throws {
        let offered = h.receive(try h.message(.propose([.audio]), to: H.number))
        let leg = try #require(offered.first?.jingleLeg)
        h.wake()
        #expect(h.perform(.end(leg, .busy)).isEmpty)
        #expect(h.take() == ["proceed"])
        #expect(
            h.receive(h.iq(H.jingle(.sessionInitiate, "sid", [H.content()]), to: "100@sip.example.org/gw")).isEmpty)
        #expect(h.take() == ["result", "session-terminate busy", "finish busy"])
        #expect(h.media.events.isEmpty)
    }

    @Test mutating func aCallerWhoRetractsIsGone() throws {
        h.receive(try h.message(.propose([.audio]), to: H.number))
        let commands = h.receive(try h.message(.retract, to: H.number, reason: JingleReason(.cancel)))
        #expect(commands.map(\.jingleBrief) == ["ended cancelled"])
        #expect(h.take() == [])
        h.receive(try h.message(.propose([.audio]), "two", to: H.number))
        h.wake()
        let late = h.receive(try h.message(.retract, "two", to: H.number))
        #expect(late.map(\.jingleBrief) == ["ended cancelled"])
        #expect(h.legs.nextWake == nil)
    }

    @Test mutating func aCallerWhoNeverInitiatesIsGoneAfterHalfAMinute() throws {
        h.receive(try h.message(.propose([.audio]), to: H.number))
        #expect(h.pass(.seconds(29)).isEmpty)
        #expect(h.pass(.seconds(2)).map(\.jingleBrief) == ["ended noAnswer"])
        #expect(h.take() == ["proceed", "finish timeout"])
    }

    @Test mutating func aRepeatedOrDelayedProposalIsNotAnotherCall() throws {
        #expect(h.receive(try h.message(.propose([.audio]), to: H.room)).count == 1)
        #expect(h.receive(try h.message(.propose([.audio]), to: H.room)).isEmpty)
        var late = try h.message(.propose([.audio]), "late", to: H.room)
        late.append(XMLElement("delay", Namespace.delay, ["stamp": "2026-01-01T00:00:00Z"]))
        #expect(h.receive(late).isEmpty)
        #expect(h.take() == [])
    }

    @Test mutating func aProposalWithoutAudioIsRejected() throws {
        #expect(h.receive(try h.message(.propose([.video]), to: H.room)).isEmpty)
        #expect(h.receive(try h.message(.propose([]), "two", to: H.room)).isEmpty)
        #expect(h.take() == ["reject unsupported-applications", "reject unsupported-applications"])
    }

    @Test mutating func theNinthPendingCallOfAUserFindsUsBusy() throws {
        for index in 0..<8 {
            #expect(h.receive(try h.message(.propose([.audio]), "s\(index)", to: H.number)).count == 1)
        }
        h.wake()
        _ = h.take()
        #expect(
            h.receive(
                try h.message(.propose([.audio]), "s8", from: "romeo@example.net/other", to: H.number)
            ).isEmpty)
        #expect(h.receive(h.iq(H.jingle(.sessionInitiate, "s9", [H.content()]))).isEmpty)
        #expect(h.take() == ["reject busy", "error resource-constraint"])
        #expect(
            h.receive(
                try h.message(.propose([.audio]), "j", from: "juliet@example.net/x", to: H.number)
            ).count == 1)
    }

    @Test mutating func aBouncedProceedEndsTheCall() throws {
        h.receive(try h.message(.propose([.audio]), to: H.number))
        h.wake()
        let proceed = try #require(h.sent.last)
        let bounce = XMLElement(
            "message", Namespace.client,
            ["type": "error", "id": proceed["id"], "from": proceed["to"], "to": proceed["from"]])
        #expect(h.receive(bounce).map(\.jingleBrief) == ["ended unavailable"])
    }

    @Test mutating func onlyTheProposerMayInitiate() throws {
        h.receive(try h.message(.propose([.audio]), to: H.room))
        h.wake()
        _ = h.take()
        let other = h.iq(H.jingle(.sessionInitiate, "sid", [H.content()]), from: "romeo@example.net/laptop")
        #expect(h.receive(other).isEmpty)
        #expect(h.take() == ["error conflict tie-break"])
    }

    // MARK: Without one

    @Test(arguments: [H.focus, H.room])
    mutating func aDirectInitiateIsACallAtOnce(address: String) throws {
        let offered = h.receive(h.iq(H.jingle(.sessionInitiate, "sid", [H.group("0"), H.content()]), to: address))
        #expect(offered.map(\.jingleBrief) == ["offered romeo@example.net/phone to demo@talk.example.org"])
        let leg = try #require(offered.first?.jingleLeg)
        #expect(h.take() == ["result"])
        h.perform(.ring(leg))
        #expect(h.perform(.accept(leg)).map(\.jingleBrief) == ["answered"])
        #expect(h.sent.allSatisfy { $0["from"] == address })
        #expect(h.take() == ["session-info ringing", "session-accept"])
        #expect(h.perform(.end(leg, .hangup)).isEmpty)
        #expect(h.take() == ["session-terminate success"])
        #expect(h.media.closed == 1)
    }

    @Test mutating func aRefusedDirectCallIsTerminated() throws {
        let leg = try callNumber()
        h.perform(.end(leg, .declined))
        #expect(h.take() == ["result", "session-terminate decline"])
        #expect(h.media.closed == 1)
    }

    @Test mutating func addressesThatTakeNoCallsSaySo() throws {
        for address in ["talk.example.org", "demo@talk.example.org/other"] {
            #expect(h.receive(h.iq(H.jingle(.sessionInitiate, "s", [H.content()]), to: address)).isEmpty)
        }
        #expect(h.take() == ["error service-unavailable", "error service-unavailable"])
        #expect(!h.legs.handles(h.iq(H.jingle(.sessionInitiate), to: "demo@rooms.example.org/nick")))
        #expect(!h.legs.handles(try h.message(.propose([.audio]), to: "demo@rooms.example.org/nick")))
    }

    @Test mutating func whatCannotBeTakenIsAcknowledgedAndTerminatedBeforeAnybodyIsRung() throws {
        let offers: [([XMLElement], String)] = [
            ([H.content(media: "video", codec: "VP8")], "unsupported-applications"),
            ([H.content(codec: "speex")], "incompatible-parameters"),
            ([H.content(hasFingerprint: false)], "security-error"),
            (
                [
                    XMLElement("content", Namespace.jingle, ["name": "0"]) {
                        XMLElement("description", JingleNamespace.rtp, ["media": "audio"])
                        XMLElement("transport", "urn:xmpp:jingle:transports:raw-udp:1")
                    }
                ], "unsupported-transports"
            ),
        ]
        for (index, (contents, reason)) in offers.enumerated() {
            #expect(h.receive(h.iq(H.jingle(.sessionInitiate, "s\(index)", contents))).isEmpty)
            #expect(h.take() == ["result", "session-terminate \(reason)"])
        }
        h.media.isExhausted = true
        #expect(h.receive(h.iq(H.jingle(.sessionInitiate, "last", [H.content()]))).isEmpty)
        #expect(h.take() == ["result", "session-terminate general-error"])
        #expect(h.legs.legs.isEmpty)
    }

    @Test mutating func anAcceptedProposalWhoseOfferCannotBeTakenEnds() throws {
        let leg = try #require(h.receive(try h.message(.propose([.audio]), to: H.room)).first?.jingleLeg)
        h.perform(.accept(leg))
        let commands = h.receive(h.iq(H.jingle(.sessionInitiate, "sid", [H.content(codec: "speex")])))
        #expect(commands.map(\.jingleBrief) == ["ended incompatible"])
        #expect(
            h.take() == [
                "ringing", "proceed", "result", "session-terminate incompatible-parameters",
                "finish incompatible-parameters",
            ])
        #expect(h.media.closed == 1)
    }

    @Test mutating func malformedRequestsGetAnErrorAndNothingElse() throws {
        h.receive(h.iq(H.jingle(.sessionInitiate, "s")))
        h.receive(h.iq(XMLElement("jingle", Namespace.jingle, ["action": "dance", "sid": "s"])))
        h.receive(h.iq(XMLElement("jingle", Namespace.jingle, ["action": "session-info"])))
        #expect(h.take() == Array(repeating: "error bad-request text", count: 3))
    }

    @Test mutating func opusIsFirstInTheAnswerWhereverItStoodInTheOffer() throws {
        var content = H.content()
        var description = try #require(content.child("description", JingleNamespace.rtp))
        let pcmu = XMLElement(
            "payload-type", JingleNamespace.rtp, ["id": "0", "name": "PCMU", "clockrate": "8000"])
        description.children.insert(.element(pcmu), at: 0)
        content.children[0] = .element(description)
        _ = try callRoom([H.group("0"), content])
        let answer = try #require(h.sent.last?.child("jingle", Namespace.jingle)?.child("content"))
        let payloads = answer.child("description", JingleNamespace.rtp)?.children(named: "payload-type") ?? []
        #expect(payloads.map { $0["name"] } == ["opus", "PCMU"])
        #expect(h.media.agreed.first?.sendCodec.name == "opus")
    }

    // MARK: Video

    @Test mutating func bundledVideoIsAnsweredInactiveSoThatTheCallKeepsItsAudio() throws {
        _ = try callRoom([H.group("0", "1"), H.content(), H.content("1", media: "video", codec: "VP8")])
        let accept = try #require(h.sent.last?.child("jingle", Namespace.jingle))
        let contents = accept.children(named: "content")
        #expect(contents.map { $0["name"] } == ["0", "1"])
        #expect(contents.map { $0["senders"] } == ["both", "none"])
        #expect(contents.last?.child("description", JingleNamespace.rtp)?["media"] == "video")
        #expect(accept.child("group", JingleNamespace.grouping)?.elements.map { $0["name"] } == ["0", "1"])
        #expect(h.media.agreed.map(\.name) == ["0"])
    }

    @Test mutating func videoOnATransportOfItsOwnIsLeftOut() throws {
        _ = try callRoom([H.content("audio"), H.content("video", media: "video", codec: "VP8")])
        let accept = try #require(h.sent.last?.child("jingle", Namespace.jingle))
        #expect(accept.children(named: "content").map { $0["name"] } == ["audio"])
        #expect(accept.child("group", JingleNamespace.grouping) == nil)
    }

    // MARK: In the session

    @Test(arguments: [true, false]) mutating func keysGoByInfoToWhoTookNoTelephoneEvents(takesEvents: Bool) throws {
        var content = H.content()
        if takesEvents, case .element(var description) = content.children[0] {
            let events = XMLElement(
                "payload-type", JingleNamespace.rtp, ["id": "101", "name": "telephone-event", "clockrate": "48000"])
            description.children.insert(.element(events), at: 1)
            content.children[0] = .element(description)
        }
        let leg = try callRoom([H.group("0"), content])
        #expect((h.media.agreed.last?.sendEvents != nil) == takesEvents)
        _ = h.take()
        h.perform(.sendKey(leg, try #require(DTMFKey("5"))))
        #expect(h.take() == (takesEvents ? [] : ["session-info dtmf"]))
    }

    @Test mutating func aKeyBeforeTheAnswerIsNobodys() throws {
        let leg = try callNumber()
        let key = H.jingle(.sessionInfo, "sid", [XMLElement("dtmf", JingleNamespace.dtmf, ["code": "5"])])
        #expect(h.receive(h.iq(key, to: H.number + "/gw")).isEmpty)
        h.perform(.accept(leg))
        #expect(h.receive(h.iq(key, to: H.number + "/gw")).map(\.jingleBrief) == ["key 5"])
    }

    @Test mutating func holdStopsOurSendingAndIsTold() throws {
        let leg = try callRoom()
        #expect(h.receive(h.iq(H.info("hold"))).map(\.jingleBrief) == ["direction sendonly"])
        #expect(h.media.agreed.last?.direction == .inactive)
        #expect(h.receive(h.iq(H.info("unhold"))).map(\.jingleBrief) == ["direction sendrecv"])
        #expect(h.media.agreed.last?.direction == .sendrecv)
        #expect(h.receive(h.iq(H.info("mute"))).map(\.jingleBrief) == ["direction recvonly"])
        #expect(h.media.agreed.last?.direction == .sendonly)
        #expect(h.receive(h.iq(H.info("unmute"))).map(\.jingleBrief) == ["direction sendrecv"])
        #expect(h.media.agreed.last?.direction == .sendrecv)
        #expect(h.receive(h.iq(H.info("mute"))).map(\.jingleBrief) == ["direction recvonly"])
        #expect(h.receive(h.iq(H.info("active"))).map(\.jingleBrief) == ["direction sendrecv"])
        #expect(h.receive(h.iq(H.info("unknown"))).isEmpty)
        _ = h.take()
        h.perform(.setDirection(leg, .sendonly))
        h.perform(.setDirection(leg, .inactive))
        h.perform(.setDirection(leg, .sendrecv))
        h.perform(.setDirection(leg, .sendrecv))
        #expect(h.take() == ["session-info hold", "session-info unhold"])
    }

    @Test mutating func anErrorToAnInfoDoesNotEndTheCall() throws {
        let leg = try callRoom()
        h.perform(.setDirection(leg, .sendonly))
        #expect(!h.legs.handles(try h.response(to: .sessionInfo, error: JingleError.unsupportedInfo.xml)))
        #expect(h.legs.session(of: leg) != nil)
        #expect(h.pass(.seconds(3600)).map(\.jingleBrief) == ["ended connectivity"], "the accept was never answered")
    }

    @Test mutating func anErrorToTheAcceptEndsTheCall() throws {
        _ = try callRoom()
        let error = try h.response(to: .sessionAccept, error: JingleError.unknownSession.xml)
        let spoofed = try h.response(
            to: .sessionAccept, error: JingleError.unknownSession.xml, from: "mallory@example.com/x")
        _ = h.take()
        #expect(h.receive(spoofed).isEmpty)
        #expect(h.receive(error).map(\.jingleBrief) == ["ended notFound"])
        #expect(h.media.closed == 1)
        #expect(h.take() == ["finish gone"])
    }

    @Test mutating func anAnsweredAcceptLeavesNothingToWaitFor() throws {
        _ = try callRoom()
        #expect(h.receive(try h.response(to: .sessionAccept)).isEmpty)
        #expect(h.legs.nextWake == nil)
    }

    @Test mutating func theCallerHangsUp() throws {
        let leg = try callRoom()
        _ = h.take()
        let bye = H.jingle(.sessionTerminate, "sid", [JingleReason(.success).xml])
        #expect(h.receive(h.iq(bye)).map(\.jingleBrief) == ["ended hangup"])
        #expect(h.take() == ["result", "finish success"])
        #expect(h.media.closed == 1)
        #expect(h.legs.session(of: leg) == nil)
        h.receive(h.iq(bye))
        h.receive(h.iq(H.info("hold")))
        #expect(h.receive(try h.message(.finish)).isEmpty)
        #expect(h.take() == ["result", "error item-not-found unknown-session"])
    }

    @Test mutating func theCallerGivesUpBeforeTheAnswer() throws {
        _ = try callNumber()
        let commands = h.receive(
            h.iq(H.jingle(.sessionTerminate, "sid", [JingleReason(.cancel).xml]), to: H.number + "/gw"))
        #expect(commands.map(\.jingleBrief) == ["ended cancelled"])
    }

    @Test mutating func aFinishWithoutATerminateEndsTheCallToo() throws {
        _ = try callRoom()
        #expect(
            h.receive(try h.message(.finish, reason: JingleReason(.connectivityError))).map(\.jingleBrief)
                == ["ended connectivity"])
        #expect(h.media.closed == 1)
    }

    @Test mutating func weHangUp() throws {
        let leg = try callRoom()
        _ = h.take()
        h.perform(.end(leg, .hangup))
        #expect(h.take() == ["session-terminate success", "finish success"])
        #expect(h.media.closed == 1)
        h.perform(.end(leg, .hangup))
        #expect(h.take() == [])
    }

    @Test mutating func failedMediaEndsBothSides() throws {
        let leg = try callRoom()
        _ = h.take()
        #expect(h.legs.mediaFailed(leg, .connectivity, now: h.now).map(\.jingleBrief) == ["ended connectivity"])
        h.wake()
        #expect(h.take() == ["session-terminate connectivity-error", "finish connectivity-error"])
    }

    @Test mutating func strangersAreToldThatThereIsNoSuchSession() throws {
        let leg = try callRoom()
        _ = h.take()
        let end = H.jingle(.sessionTerminate, "sid", [JingleReason(.success).xml])
        for stranger in ["mallory@example.com/x", "romeo@example.net/laptop"] {
            #expect(h.receive(h.iq(end, from: stranger)).isEmpty)
        }
        #expect(h.receive(h.iq(end, to: "other@talk.example.org/focus")).isEmpty)
        #expect(h.take() == Array(repeating: "error item-not-found unknown-session", count: 3))
        #expect(h.receive(h.iq(H.jingle(.sessionInitiate, "sid", [H.content()]))).isEmpty)
        #expect(h.take() == ["error unexpected-request out-of-order"])
        #expect(h.legs.session(of: leg) != nil)
    }

    @Test mutating func aFloodOfCandidatesIsCutOff() throws {
        _ = try callRoom()
        for number in 1...300 { h.receive(h.iq(H.trickle(number))) }
        #expect(h.media.ports.count == 100)
    }

    @Test mutating func whatIsAddedIsRejectedAfterItsResult() throws {
        _ = try callRoom()
        _ = h.take()
        h.receive(h.iq(H.jingle(.contentAdd, "sid", [H.content("1", media: "video", codec: "VP8")])))
        h.receive(h.iq(H.jingle(.transportReplace, "sid", [H.content()])))
        #expect(h.take() == ["result", "content-reject unsupported-applications", "result", "transport-reject"])
        #expect(h.receive(h.iq(H.jingle(.contentRemove, "sid", [H.content()]))).map(\.jingleBrief) == ["ended hangup"])
        #expect(h.take() == ["result", "session-terminate success", "finish success"])
    }

    @Test mutating func aFloodOfRequestsLeavesNothingToWaitFor() throws {
        _ = try callRoom()
        let known = h.legs.requests.count
        for _ in 0..<100 { h.receive(h.iq(H.jingle(.contentAdd, "sid", [H.content("1", media: "video")]))) }
        #expect(h.legs.requests.count == known)
    }

    @Test mutating func aCallHeldFromItsStartSaysSo() throws {
        let leg = try #require(h.receive(try h.message(.propose([.audio]), to: H.room)).first?.jingleLeg)
        h.perform(.accept(leg))
        let commands = h.receive(h.iq(H.jingle(.sessionInitiate, "sid", [H.content(senders: "initiator")])))
        #expect(commands.map(\.jingleBrief) == ["answered", "direction sendonly"])
        #expect(h.media.agreed.map(\.direction) == [.recvonly, .inactive])
        let modify = XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": "0", "senders": "both"])
        #expect(h.receive(h.iq(H.jingle(.contentModify, "sid", [modify]))).map(\.jingleBrief) == ["direction sendrecv"])
        #expect(h.media.agreed.last?.direction == .sendrecv)
    }
}
