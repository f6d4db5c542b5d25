import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Jingle

/// ICE restart by the peer (XEP-0176 section 5.9).
@Suite struct JingleRestartTests {
    private let local = JID("demo@talk.example.org/focus")
    private let peer = JID("romeo@example.net/phone")
    private let ours = ICEParameters(ufrag: "anew", pwd: "anewanewanewanewanewan")

    private func active(_ offer: XMLElement = Samples.conversationsOffer) throws -> JingleSession {
        var session = try JingleSession(
            responding: JingleElement(offer), from: #require(peer), to: #require(local))
        let answer = try #require(session.remoteDescription)
        _ = session.accept(answer)
        return session
    }

    private func restart(in outcome: JingleSession.Outcome) throws -> ICERestart {
        #expect(outcome.error == nil && outcome.requests.isEmpty)
        guard case .restarted(let restart)? = outcome.events.first, outcome.events.count == 1 else {
            throw JingleError.badRequest("no restart: \(outcome)")
        }
        return restart
    }

    private func candidate(_ port: UInt16) -> CandidateDescription {
        CandidateDescription(
            foundation: "1", component: 1, priority: 1, address: .init(.v4(0xc000_0201), port), kind: .host)
    }

    /// As Conversations does: a transport-info without candidates, which then trickle.
    @Test func newCredentialsWithoutCandidatesBeginICEAnew() throws {
        var session = try active()
        let request = try JingleElement(Samples.trickle([], ufrag: "new!"))
        #expect(session.restartsICE(request))
        let restart = try restart(in: session.receive(request))
        #expect(restart.remote.ufrag == "new!" && restart.candidates.isEmpty)
        let answer = session.answer(restart, ours, [candidate(1), candidate(2)])
        #expect(answer.action == .transportInfo && answer.contents.count == 1)
        let transport = try #require(answer.contents.first?.transport)
        #expect(transport["ufrag"] == "anew" && transport["pwd"] == ours.pwd)
        #expect(transport.children(named: "candidate").compactMap { $0["generation"] } == ["1", "1"])
        #expect(transport.children(named: "fingerprint").isEmpty)
        let trickled = session.receive(try JingleElement(Samples.trickle([7], ufrag: "new!")))
        guard case .candidates(let candidates)? = trickled.events.first else {
            Issue.record("no candidates")
            return
        }
        #expect(candidates.map(\.foundation) == ["7"])
    }

    @Test func newCredentialsMayComeWithCandidates() throws {
        var session = try active()
        let restart = try restart(in: session.receive(try JingleElement(Samples.trickle([1, 2], ufrag: "new!"))))
        #expect(restart.candidates.map(\.foundation) == ["1", "2"])
    }

    @Test func candidatesUnderFormerCredentialsAreLateAndBeginNothing() throws {
        var session = try active()
        _ = session.receive(try JingleElement(Samples.trickle([], ufrag: "new!")))
        for ufrag in ["abcd", "new!"] {
            let late = try JingleElement(Samples.trickle([], ufrag: ufrag))
            #expect(!session.restartsICE(late))
            #expect(session.receive(late) == JingleSession.Outcome())
        }
        #expect(session.receive(try JingleElement(Samples.trickle([3], ufrag: "abcd"))) == JingleSession.Outcome())
        #expect(
            try restart(in: session.receive(JingleElement(Samples.trickle([], ufrag: "next")))).remote.ufrag == "next")
    }

    /// Both contents of a bundle are named, and both get the new credentials.
    @Test func bundledContentsBeginAnewTogether() throws {
        var video = Samples.audio()
        video["name"] = "1"
        let group = XMLElement("group", JingleNamespace.grouping, ["semantics": "BUNDLE"]) {
            ["0", "1"].map { XMLElement("content", JingleNamespace.grouping, ["name": $0]) }
        }
        var session = try active(Samples.jingle("session-initiate", [group, Samples.audio(), video]))
        let contents = ["0", "1", "other"].flatMap { Samples.trickle([], ufrag: "new!", name: $0).elements }
        let restart = try restart(in: session.receive(JingleElement(Samples.jingle("transport-info", contents))))
        let answer = session.answer(restart, ours, [candidate(1)])
        #expect(answer.contents.map(\.name) == ["0", "1"])
        #expect(answer.contents.allSatisfy { $0.transport?["ufrag"] == "anew" })
        #expect(answer.contents.map { $0.transport?.children(named: "candidate").count } == [1, 0])
        #expect(session.remoteDescription?.contents.allSatisfy { $0.ice?.ufrag == "new!" } == true)
    }

    @Test func aTransportReplacedByItsLikeIsAccepted() throws {
        var session = try active()
        let request = try JingleElement(Samples.jingle("transport-replace", [Samples.audio(ufrag: "new!")]))
        let restart = try restart(in: session.receive(request))
        let answer = session.answer(restart, ours, [candidate(1)])
        #expect(answer.action == .transportAccept)
        #expect(answer.contents.first?.transport?.child("fingerprint", JingleNamespace.dtls) != nil)
    }

    @Test func anotherCertificateIsNoRestart() throws {
        var session = try active()
        var content = Samples.audio(ufrag: "new!")
        content.children.removeAll()
        content.children.append(
            .element(
                XMLElement(
                    "transport", JingleNamespace.iceUDP, ["ufrag": "new!", "pwd": "0123456789012345678901"]
                ) {
                    XMLElement(
                        "fingerprint", JingleNamespace.dtls, ["hash": "sha-256", "setup": "actpass"],
                        text: (0..<32).map { _ in "CD" }.joined(separator: ":"))
                }))
        let replaced = session.receive(try JingleElement(Samples.jingle("transport-replace", [content])))
        #expect(replaced.requests.map(\.action) == [.transportReject] && replaced.events.isEmpty)
        let info = session.receive(try JingleElement(Samples.jingle("transport-info", [content])))
        #expect(info == JingleSession.Outcome())
    }

    @Test func credentialsThatAreNoneBeginNothing() throws {
        var session = try active()
        for attributes in [["ufrag": "new!"], ["pwd": "0123456789012345678901"], ["ufrag": "", "pwd": ""]] {
            var content = XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": "0"])
            content.children.append(
                .element(
                    XMLElement(
                        "transport", JingleNamespace.iceUDP,
                        ["ufrag": attributes["ufrag"], "pwd": attributes["pwd"]])))
            #expect(
                session.receive(try JingleElement(Samples.jingle("transport-info", [content])))
                    == JingleSession.Outcome())
        }
        var stranger = try JingleElement(Samples.trickle([], ufrag: "new!"))
        stranger.contents[0].name = "elsewhere"
        #expect(session.receive(stranger) == JingleSession.Outcome())
    }

    @Test func aRestartHasAHundredCandidatesOfItsOwnAndAFloodIsToldOnce() throws {
        var session = try active()
        for _ in 0..<2 { _ = session.receive(try JingleElement(Samples.trickle(Array(0..<100)))) }
        _ = session.receive(try JingleElement(Samples.trickle([], ufrag: "new!")))
        var (taken, floods) = (0, 0)
        for _ in 0..<5 {
            for event in session.receive(try JingleElement(Samples.trickle(Array(0..<60), ufrag: "new!"))).events {
                if case .candidates(let candidates) = event { taken += candidates.count }
                if case .flooded = event { floods += 1 }
            }
        }
        #expect(taken == JingleLimits.candidates)
        #expect(floods == 0)
    }
}
