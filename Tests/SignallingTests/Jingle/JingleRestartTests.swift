import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

/// A phone changes its network: ICE restart in a Jingle call.
@Suite struct JingleLegRestartTests {
    typealias H = JingleHarness
    var h = JingleHarness()

    private mutating func callRoom() throws -> LegID {
        let leg = try #require(h.receive(try h.message(.propose([.audio]), to: H.room)).first?.jingleLeg)
        h.perform(.accept(leg))
        h.receive(h.iq(H.jingle(.sessionInitiate, "sid", [H.group("0"), H.content()])))
        _ = h.take()
        return leg
    }

    private func anew(_ ufrag: String, _ candidates: [Int] = []) -> XMLElement {
        H.jingle(.transportInfo, "sid", [H.anew(ufrag, candidates)])
    }

    private func remote(_ media: AgreedMedia?) -> String? {
        guard case .ice(let remote, _, _)? = media?.transport else { return nil }
        return remote.ufrag
    }

    /// The result first, then our credentials with candidates; media are settled anew between the two.
    @Test mutating func theCallGoesOnUnderNewCredentialsOfBoth() throws {
        let leg = try callRoom()
        #expect(h.receive(h.iq(anew("moved"))).isEmpty)
        let info = try #require(h.sent.last?.child("jingle", Namespace.jingle))
        #expect(h.sent.last?["to"] == H.romeo && h.sent.last?["from"] == H.focus)
        let transport = try #require(info.child("content")?.child("transport", JingleNamespace.iceUDP))
        #expect(transport["ufrag"] == "anew1" && transport.children(named: "candidate").count == 1)
        #expect(h.take() == ["result", "transport-info"])
        #expect(h.media.restarts == 1 && remote(h.media.agreed.last) == "moved")
        h.receive(h.iq(H.trickle(1)))
        #expect(h.media.ports.isEmpty)
        h.receive(h.iq(anew("moved", [6000])))
        #expect(h.media.ports == [6000])
        // What is settled later is settled with the new credentials.
        #expect(h.receive(h.iq(H.info("hold"))).map(\.jingleBrief) == ["direction sendonly"])
        #expect(remote(h.media.agreed.last) == "moved" && h.media.restarts == 1)
        #expect(h.legs.session(of: leg) != nil)
    }

    @Test mutating func candidatesThatComeWithTheCredentialsCount() throws {
        _ = try callRoom()
        h.receive(h.iq(anew("moved", [6000, 6001])))
        #expect(h.media.ports == [6000, 6001])
        guard case .restart? = h.media.events.dropLast(2).last, case .agree? = h.media.events.dropLast().last else {
            Issue.record("\(h.media.events)")
            return
        }
    }

    @Test mutating func nobodyBeginsItAnewTooOften() throws {
        let leg = try callRoom()
        for number in 0..<20 { h.receive(h.iq(anew("m\(number)"))) }
        #expect(h.media.restarts == 5)
        #expect(h.take().count { $0 == "error resource-constraint" } == 15)
        _ = h.pass(.seconds(11))
        h.receive(h.iq(anew("later")))
        #expect(h.media.restarts == 6)
        #expect(h.legs.session(of: leg) != nil)
    }

    @Test mutating func onlyThePeerOfTheSessionCanDoIt() throws {
        _ = try callRoom()
        #expect(h.receive(h.iq(anew("moved"), from: "romeo@example.net/other")).isEmpty)
        #expect(h.receive(h.iq(anew("moved"), from: "mallory@example.com/x")).isEmpty)
        #expect(h.take() == Array(repeating: "error item-not-found unknown-session", count: 2))
        #expect(h.media.restarts == 0)
    }

    @Test mutating func beforeTheAcceptTheAnswerWillDo() throws {
        let offered = h.receive(
            h.iq(H.jingle(.sessionInitiate, "sid", [H.group("0"), H.content()])), )
        let leg = try #require(offered.first?.jingleLeg)
        h.receive(h.iq(anew("moved", [6000])))
        #expect(h.take() == ["result", "result"])
        #expect(h.media.restarts == 0)
        h.perform(.accept(leg))
        #expect(remote(h.media.agreed.last) == "moved")
    }

    /// XEP-0166 section 7.2.15.
    @Test mutating func aTransportThatIsReplacedByItsLikeIsAccepted() throws {
        _ = try callRoom()
        let contents = anew("moved", [6000]).elements
        h.receive(h.iq(H.jingle(.transportReplace, "sid", contents)))
        #expect(h.take() == ["result", "transport-accept"])
        #expect(remote(h.media.agreed.last) == "moved")
    }

    @Test mutating func aFloodOfCandidatesIsLoggedOnce() throws {
        _ = try callRoom()
        for number in 1...300 { h.receive(h.iq(H.trickle(number))) }
        #expect(h.media.ports.count == 100)
        #expect(h.legs.drainNotices().count == 1)
    }
}
