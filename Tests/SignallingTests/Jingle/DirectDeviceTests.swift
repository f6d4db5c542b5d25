import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Calls to somebody some of whose devices know no proposals.
@Suite struct DirectDeviceTests {
    typealias H = JingleHarness
    var h = JingleHarness()
    let leg = LegID(1 << 56 | 1)
    let jitsi = "romeo@example.net/jitsi"
    let phone = "romeo@example.net/phone"

    private mutating func dial() throws {
        let call = OutgoingCall(
            target: PeerAddress(.xmpp, user: "romeo", host: "example.net"),
            caller: PeerAddress(.xmpp, user: "demo", host: "talk.example.org"), displayName: nil, isFocus: true)
        #expect(h.perform(.dial(leg, call)).isEmpty)
        h.legs.search(leg, now: h.now)
    }

    /// The device shows itself and says what it can do.
    private mutating func appears(_ device: String, knowsProposals: Bool = false, isCallable: Bool = true) throws {
        h.notice(device)
        let question = try #require(h.sent.last { $0["type"] == "get" && $0["to"] == device })
        #expect(question["from"] == H.focus)
        h.receive(H.abilities(question, knowsProposals: knowsProposals, isCallable: isCallable))
    }

    private var direct: String { h.legs.legs[leg]?.direct?.sid ?? "none" }

    private func accept(_ sid: String) -> XMLElement {
        H.jingle(.sessionAccept, sid, [H.group("0"), H.content(setup: "active", candidates: [7000])])
    }

    @Test mutating func aDeviceThatKnowsNoProposalsIsCalledBesideThem() throws {
        try dial()
        try appears(jitsi)
        #expect(h.take() == ["propose", "get", "session-initiate"])
        #expect(h.receive(h.iq(H.info("ringing", direct), from: jitsi)).map(\.jingleBrief) == ["ringing"])
        #expect(h.receive(h.iq(accept(direct), from: jitsi)).map(\.jingleBrief) == ["answered"])
        #expect(h.take() == ["result", "result", "retract cancel"])
        #expect(h.media.ports == [7000])
        let session = try #require(h.legs.session(of: leg))
        #expect(session.peer == JID(jitsi))
        h.perform(.end(leg, .hangup))
        #expect(h.take() == ["session-terminate success"])
        #expect(h.legs.bySID.isEmpty && h.media.closed == 1)
    }

    @Test mutating func aDeviceThatProceedsTakesTheCallFromTheOther() throws {
        try dial()
        try appears(jitsi)
        let sid = try #require(h.legs.legs[leg]?.sid)
        let other = direct
        _ = h.take()
        #expect(h.receive(try h.message(.proceed, sid, from: phone)).isEmpty)
        #expect(h.sent.first?["to"] == jitsi && h.sent.last?["to"] == phone)
        #expect(h.take() == ["session-terminate cancel", "session-initiate"])
        h.receive(h.iq(accept(other), from: jitsi))
        #expect(h.take() == ["error item-not-found unknown-session"])
        #expect(h.receive(h.iq(accept(sid), from: phone)).map(\.jingleBrief) == ["answered"])
        #expect(h.media.controlling == [true])
    }

    /// Who knows proposals, or takes no calls of our kind, or says nothing, gets the proposal alone.
    @Test mutating func otherDevicesAreNotCalled() throws {
        try dial()
        try appears(phone, knowsProposals: true)
        try appears("romeo@example.net/text", isCallable: false)
        h.notice("romeo@example.net/silent")
        h.notice("mallory@example.net/x")
        h.notice(jitsi, to: "other@talk.example.org")
        h.notice(jitsi, "error")
        #expect(h.take() == ["propose", "get", "get", "get"])
        #expect(h.pass(.seconds(46)).map(\.jingleBrief) == ["ringing", "ended noAnswer"])
        #expect(h.take() == ["retract timeout"])
        h.notice(jitsi)
        #expect(h.take() == [])
    }

    @Test mutating func oneThatFailsMakesPlaceForTheNext() throws {
        try dial()
        try appears(jitsi)
        try appears("romeo@example.net/dino")
        #expect(h.take().count { $0 == "session-initiate" } == 1)
        let end = H.jingle(.sessionTerminate, direct, [JingleReason(.failedApplication).xml])
        #expect(h.receive(h.iq(end, from: jitsi)).isEmpty)
        #expect(h.sent.last?["to"] == "romeo@example.net/dino")
        #expect(h.take() == ["result", "session-initiate"])
    }

    @Test mutating func anErrorToItsInitiateLeavesTheProposalStanding() throws {
        try dial()
        try appears(jitsi)
        let error = try h.response(to: .sessionInitiate, error: JingleError.serviceUnavailable.xml)
        #expect(h.receive(error).isEmpty)
        _ = h.take()
        let sid = try #require(h.legs.legs[leg]?.sid)
        h.receive(try h.message(.proceed, sid, from: phone))
        #expect(h.take() == ["session-initiate"])
    }

    @Test(arguments: [JingleReason.Condition.decline, .busy])
    mutating func whatAPersonDecidesCountsForAllDevices(condition: JingleReason.Condition) throws {
        try dial()
        try appears(jitsi)
        _ = h.take()
        let end = H.jingle(.sessionTerminate, direct, [JingleReason(condition).xml])
        let told = h.receive(h.iq(end, from: jitsi)).map(\.jingleBrief)
        #expect(told == [condition == .busy ? "ended busy" : "ended declined"])
        #expect(h.take() == ["result", "retract cancel"])
        #expect(h.legs.legs.isEmpty && h.legs.bySID.isEmpty)
    }

    @Test mutating func aRejectedProposalEndsTheSessionBesideIt() throws {
        try dial()
        try appears(jitsi)
        _ = h.take()
        let sid = try #require(h.legs.legs[leg]?.sid)
        #expect(h.receive(try h.message(.reject, sid, from: phone)).map(\.jingleBrief) == ["ended declined"])
        #expect(h.take() == ["session-terminate cancel"])
    }

    @Test mutating func hangingUpEndsBoth() throws {
        try dial()
        try appears(jitsi)
        _ = h.take()
        h.perform(.end(leg, .cancelled))
        #expect(h.take() == ["retract cancel", "session-terminate cancel"])
        #expect(h.legs.nextWake == nil || h.legs.legs.isEmpty)
    }

    /// The proposal, as it comes back.
    private func bounced() throws -> XMLElement {
        let propose = try #require(h.sent.first)
        return XMLElement(
            "message", Namespace.client,
            ["type": "error", "id": propose["id"], "from": "romeo@example.net", "to": propose["from"]])
    }

    /// A proposal that nobody takes comes back; a device may still be found for some seconds.
    @Test mutating func aProposalThatComesBackLeavesTheDevices() throws {
        try dial()
        let bounce = try bounced()
        #expect(h.receive(bounce).isEmpty)
        try appears(jitsi)
        _ = h.take()
        #expect(h.pass(.seconds(10)).map(\.jingleBrief) == ["ringing"])
        #expect(h.receive(h.iq(accept(direct), from: jitsi)).map(\.jingleBrief) == ["answered"])
        #expect(h.take() == ["result"])
    }

    @Test mutating func aProposalThatComesBackToNobodyEndsTheCallAfterFourSeconds() throws {
        try dial()
        let bounce = try bounced()
        #expect(h.receive(bounce).isEmpty)
        #expect(h.receive(bounce).isEmpty)
        #expect(h.pass(.seconds(3)).isEmpty)
        #expect(h.pass(.seconds(2)).map(\.jingleBrief) == ["ended unavailable"])
        #expect(h.legs.legs.isEmpty)
    }

    @Test mutating func onlyTheDeviceItselfMaySpeakInItsSession() throws {
        try dial()
        try appears(jitsi)
        _ = h.take()
        #expect(h.receive(h.iq(accept(direct), from: phone)).isEmpty)
        #expect(h.receive(h.iq(accept(direct), from: "mallory@example.com/x")).isEmpty)
        #expect(h.take() == Array(repeating: "error item-not-found unknown-session", count: 2))
    }

    @Test mutating func aFloodOfDevicesIsBounded() throws {
        try dial()
        for number in 0..<500 { h.notice("romeo@example.net/\(number)") }
        #expect(h.take().count { $0 == "get" } == 16)
    }

    /// With the whole adapter: only who shares presence with the room is probed.
    @Test func whoSharesPresenceIsProbedAndNobodyElse() throws {
        typealias B = XMPPBench
        for state in [SubscriptionChange.State.both, .from] {
            var b = XMPPBench(subscriptions: [
                SubscriptionChange(
                    room: try #require(JID(B.talk)), contact: try #require(JID("bob@localhost")), state: state)
            ])
            let room = try #require(RoomName("demo"))
            _ = b.sipCall("Carol")
            let caller = PeerAddress(.sip, user: "carol", host: "127.0.0.1:5070")
            b.run(
                b.conference.handle(
                    .submit(
                        Submission(
                            id: SubmissionID(99), room: room, sender: caller, via: .sip, audience: .everyone,
                            body: "/call bob@localhost")), at: b.now, wall: b.wall
                ).flatMap { b.adapter.perform($0, conference: b.conference, now: b.now, wall: b.wall) })
            let sent = b.adapter.drain().map(\.brief)
            #expect(sent.contains("message chat demo@talk.localhost/focus > bob@localhost"))
            #expect(sent.contains("presence probe demo@talk.localhost > bob@localhost") == (state == .both))
            guard state == .both else { continue }
            let asked = b.presence(B.bob, B.talk)
            #expect(asked.map(\.brief) == ["iq get demo@talk.localhost/focus > bob@localhost/desk"])
            let called = b.receive(H.abilities(try #require(asked.first)))
            #expect(called.map(\.brief) == ["iq set demo@talk.localhost/focus > bob@localhost/desk"])
        }
    }
}
