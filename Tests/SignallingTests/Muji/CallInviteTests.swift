import Conference
import Jingle
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Invitations to group calls (XEP-0482).
@Suite struct CallInviteTests {
    private typealias M = MujiBench
    private var m = MujiBench()

    @Test mutating func theOlderWordsAreAnsweredInTheOlderWords() {
        let sent = m.invite(legacy: true)
        #expect(sent.first?.child("accept", Namespace.callMessage)?["id"] == "call1")
        #expect(sent.muji != nil)
    }

    @Test mutating func withoutAnIdOfItsOwnItIsKnownByTheMessages() {
        #expect(m.invite(id: nil).invitations == ["accept m7 > \(M.romeo)"])
    }

    @Test mutating func aSecondInvitationIntoTheSameIsAcceptedAgain() {
        _ = m.joined()
        let again = m.invite(from: M.juliet, id: "call2")
        #expect(again.invitations == ["accept call2 > \(M.juliet)"])
        #expect(again.muji == nil)
    }

    @Test mutating func aRetractionEndsIt() {
        _ = m.joined()
        #expect(m.say("retract", from: M.juliet).isEmpty)
        #expect(m.say("retract", id: "another").isEmpty)
        let sent = m.say("retract")
        #expect(sent.muji?.type == "unavailable")
        #expect(sent.invitations == ["left call1 > \(M.romeo)"])
        #expect(m.groups.isEmpty)
    }

    @Test mutating func anInviterThatLeavesAnEmptyCallIsFollowed() {
        _ = m.invite()
        _ = m.entered()
        _ = m.say("left")
        #expect(m.b.pass(.milliseconds(1)).muji?.type == "unavailable")
        m = MujiBench()
        _ = m.joined()
        _ = m.say("left")
        #expect(m.b.pass(.seconds(60)).muji == nil)
    }

    @Test mutating func whatIsNotOursToDoIsRefused() {
        #expect(m.invite(place: "demo@rooms.localhost").invitations == ["reject call1 > \(M.romeo)"])
        #expect(m.invite(place: "muc.localhost").invitations == ["reject call1 > \(M.romeo)"])
        #expect(m.invite(place: "@@").invitations == ["reject call1 > \(M.romeo)"])
        let external = XMLElement("invite", Namespace.callInvites) {
            XMLElement("external", Namespace.callInvites, ["uri": "tel:+49301234"])
        }
        #expect(
            m.b.message(M.romeo, XMPPBench.talk, "chat", nil, children: [external]).invitations == [
                "reject m1 > \(M.romeo)"
            ])
        var closed = MujiBench(XMPPBench(createsRooms: false))
        #expect(closed.invite(to: "side@talk.localhost").invitations == ["reject call1 > \(M.romeo)"])
        var limits = XMPPLimits()
        _ = limits.block("muc.localhost")
        var blocked = MujiBench(XMPPBench(limits: limits))
        #expect(blocked.invite().invitations == ["reject call1 > \(M.romeo)"])
    }

    @Test mutating func aJingleCallIsAcceptedAndComesAsAnyOther() {
        let invite = XMLElement("invite", Namespace.callInvites) {
            XMLElement("jingle", Namespace.callInvites, ["sid": "sid", "jid": M.romeo])
        }
        let sent = m.b.message(M.romeo, XMPPBench.talk, "chat", nil, children: [invite])
        #expect(sent.invitations == ["accept m1 > \(M.romeo)"])
        #expect(sent.first?.child("accept", Namespace.callInvites)?.elements.first?["sid"] == "sid")
        #expect(m.b.jingleCall(M.romeo).jingle(.sessionAccept) != nil)
    }

    @Test mutating func anInvitationThatWasKeptForUsIsOver() {
        let invite = XMLElement("invite", Namespace.callInvites, ["id": "old"]) {
            XMLElement("muji", Namespace.muji, ["room": M.party])
        }
        let delay = Delay(stamp: WallTime(milliseconds: 1), from: nil).element
        #expect(m.b.message(M.romeo, XMPPBench.talk, "chat", nil, children: [invite, delay]).isEmpty)
    }

    @Test mutating func inTheRoomsOwnMUCAllAreToldAndItsIdCounts() throws {
        m.b.join(XMPPBench.alice, "Alice")
        m.b.join(XMPPBench.bob, "Bob")
        let sent = m.invite(from: XMPPBench.alice, to: XMPPBench.muc, id: nil, type: "groupchat")
        let passed = try #require(
            sent.first { $0["to"] == XMPPBench.bob && $0.child("invite", Namespace.callInvites) != nil })
        let id = try #require(passed.child("stanza-id", Namespace.stanzaIDs)?["id"])
        #expect(
            Set(sent.invitations.filter { $0.hasPrefix("accept") }) == [
                "accept \(id) > \(XMPPBench.alice)", "accept \(id) > \(XMPPBench.bob)",
            ])
        #expect(sent.muji != nil)
        // One who is not in cannot invite there.
        var other = MujiBench()
        #expect(other.invite(from: M.romeo, to: XMPPBench.muc, type: "groupchat").muji == nil)
    }

    @Test mutating func discoverySaysItOfRoomsAndNotOfNumbers() throws {
        func features(_ jid: String) throws -> [String] {
            let answer = m.b.ask(M.romeo, jid, "get", [XMLElement("query", Namespace.discoInfo)])
            return try #require(answer?.child("query", Namespace.discoInfo).flatMap(DiscoInfo.init)).features
        }
        for jid in [XMPPBench.talk, XMPPBench.focus] {
            #expect(try features(jid).contains(Namespace.muji))
            #expect(try features(jid).contains(Namespace.callInvites))
        }
        #expect(try !features("100@sip.localhost").contains(Namespace.muji))
    }

    @Test(arguments: 0..<40) func whatIsCutShortHarmsNobody(_ seed: UInt64) {
        var entropy = SplitMix64(seed)
        var m = MujiBench()
        let names = ["invite", "accept", "retract", "left", "reject", "propose", "muji", "content", "preparing"]
        func random(_ depth: Int) -> XMLElement {
            let namespaces = [Namespace.callInvites, Namespace.muji, Namespace.callMessage, Namespace.jingle, ""]
            var element = XMLElement(
                names[Int(entropy.next() % UInt64(names.count))], namespaces[Int(entropy.next() % 5)],
                ["id": entropy.next() % 3 == 0 ? nil : "call1", "room": entropy.next() % 2 == 0 ? M.party : "x@"])
            if depth > 0 { element.children = (0..<entropy.next() % 4).map { _ in .element(random(depth - 1)) } }
            return element
        }
        for _ in 0..<60 {
            switch entropy.next() % 4 {
            case 0: _ = m.b.message(M.romeo, XMPPBench.talk, "chat", nil, children: [random(2)])
            case 1: _ = m.occupant("n\(entropy.next() % 4)", M.romeo, random(3))
            case 2: _ = m.occupant("demo", XMPPBench.focus, random(2), statuses: [110])
            default: _ = m.b.pass(.seconds(Int64(entropy.next() % 30)))
            }
            #expect(m.b.adapter.muji.sessions.count <= 2)
        }
        _ = m.b.pass(.seconds(600))
        #expect(m.groups.allSatisfy { $0 != nil })
    }
}
