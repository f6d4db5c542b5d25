import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// A call with several places to go (RFC 3263 section 4.3).
@Suite struct SIPFailoverTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let first = SocketAddress(.v4(0xc000_0201), 5060)
    private let second = SocketAddress(.v4(0xc000_0202), 5070)

    /// A call to a name that has these targets; gives the INVITE to the first.
    private func call(_ house: inout SIPHouse, _ targets: [SIPTarget]) throws -> SIPMessage {
        house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                    displayName: nil, callee: PeerAddress(.xmpp, user: "200", host: "sip.localhost"),
                    takesText: true)))
        house.resolve(try #require(house.lookups.first), to: targets)
        return try #require(house.sent.last)
    }

    private var both: [SIPTarget] {
        [SIPTarget(.udp, first, domain: "pbx.example.org"), SIPTarget(.tcp, second, domain: "pbx.example.org")]
    }

    private func ended(_ house: SIPHouse) -> EndReason? {
        for case .end(jingle, let reason) in house.effects { return reason }
        return nil
    }

    @Test func whoSaysNothingIsLeftForTheNextAfterFourSeconds() throws {
        var house = SIPHouse()
        let invite = try call(&house, both)
        house.run(for: .milliseconds(3900))
        #expect(house.flows.last?.remote == first)
        house.run(for: .milliseconds(200))
        let again = try #require(house.sent.last)
        #expect(again.method == .invite && house.flows.last?.remote == second && house.flows.last?.transport == .tcp)
        #expect(again.callID == invite.callID && again.cseq.number == invite.cseq.number + 1)
        #expect(again.vias[0].branch != invite.vias[0].branch && again.vias[0].transport == "TCP")
        #expect(again.headers.count { $0.isNamed("Allow") } == 1)
        #expect(again.contacts.first?.uri.transport == "tcp")

        // The first wakes up after all: what it answers is taken note of and ended.
        let late = house.receive(SIPPhone("late", port: 5060).answer(invite, sdp: SIPPhone.sdp()), from: first)
        #expect(late.methods == [.ack, .bye])
        house.receive(
            SIPPhone("desk", port: 5070).answer(again, sdp: SIPPhone.sdp()).bytes,
            on: SIPFlow(.tcp, local: SIPHouse.address, remote: second, connection: 3))
        #expect(ended(house) == nil)
        #expect(house.adapter.liveLegs.count == 1)
    }

    @Test func whoHasTooMuchToDoAndWhoCannotBeReachedAreLeftAtOnce() throws {
        var house = SIPHouse()
        let invite = try call(&house, both)
        #expect(house.receive(SIPPhone("a", port: 5060).answer(invite, 503), from: first).methods == [.ack, .invite])
        #expect(house.flows.last?.remote == second)
        var other = SIPHouse()
        _ = try call(&other, both)
        other.unreachable(first)
        #expect(other.flows.last?.remote == second)
    }

    @Test func whereItRingsTheCallStays() throws {
        var house = SIPHouse()
        let invite = try call(&house, both)
        house.receive(SIPPhone("a", port: 5060).answer(invite, 180), from: first)
        house.run(for: .seconds(10))
        house.receive(SIPPhone("a", port: 5060).answer(invite, 503), from: first)
        #expect(house.sent.count { $0.method == .invite } == 1)
        #expect(ended(house) == .failed("The other side cannot place calls for the moment (503 Service Unavailable)"))
    }

    @Test func otherRefusalsAreFinal() throws {
        var house = SIPHouse()
        let invite = try call(&house, both)
        house.receive(SIPPhone("a", port: 5060).answer(invite, 486), from: first)
        #expect(ended(house) == .busy)
    }

    @Test func afterTheLastTheCallIsOver() throws {
        var house = SIPHouse()
        _ = try call(&house, [SIPTarget(.udp, first, domain: "x"), SIPTarget(.udp, second, domain: "x")])
        house.unreachable(first)
        house.unreachable(second)
        #expect(ended(house) == .unavailable)
        #expect(house.adapter.legCount == 0)
    }

    @Test func whoGivesUpMeanwhileIsNotCalledAgain() throws {
        var house = SIPHouse()
        _ = try call(&house, both)
        house.handle(.legEnded(jingle, .cancelled))
        house.run(for: .seconds(40))
        #expect(house.flows.allSatisfy { $0.remote != second })
        #expect(house.adapter.legCount == 0)
    }
}
