import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// Connections, what hangs on them, and what does not outlive them.
@Suite struct SIPFlowTests {
    private static let page = SocketAddress(.loopback4, 50_000)

    private func flow(_ transport: SIPTransport, connection: UInt64 = 7) -> SIPFlow {
        SIPFlow(transport, local: SIPHouse.address, remote: SIPFlowTests.page, connection: connection)
    }

    /// A phone on a connection, in the room.
    private func call(_ house: inout SIPHouse, _ transport: SIPTransport, dialled: String = "sip:demo@127.0.0.1")
        throws -> SIPPhone
    {
        var phone = SIPPhone("Ada", port: 50_000, calls: dialled)
        var invite = phone.request(.invite, sdp: SIPPhone.sdp())
        invite.vias[0].transport = transport.viaName
        if transport.isWebSocket {
            invite.contacts = [NameAddress(try #require(SIPURI("sip:ada@x7.invalid;transport=ws")))]
        }
        let answer = try #require(house.receive(invite.bytes, on: flow(transport)).last)
        #expect(answer.status == 200)
        phone.remoteTag = answer.to.tag
        phone.remoteTarget = answer.contacts.first?.uri
        house.receive(phone.request(.ack).bytes, on: flow(transport))
        return phone
    }

    @Test func aContactIsReachedTheWayTheCallCame() throws {
        for (transport, contact) in [
            (SIPTransport.tls, "sip:demo@127.0.0.1:5060;transport=tls"),
            (.ws, "sip:demo@127.0.0.1:5060;transport=ws"), (.wss, "sip:demo@127.0.0.1:5060;transport=ws"),
        ] {
            var house = SIPHouse()
            #expect(try call(&house, transport).remoteTarget?.description == contact)
        }
        var house = SIPHouse()
        let phone = try call(&house, .tls, dialled: "sips:demo@127.0.0.1")
        #expect(phone.remoteTarget?.description == "sips:demo@127.0.0.1:5060")
    }

    @Test func sipsWithoutSecurityIsRefused() throws {
        var house = SIPHouse()
        var phone = SIPPhone("Ada", port: 50_000, calls: "sips:demo@127.0.0.1")
        let answers = house.receive(phone.request(.invite, sdp: SIPPhone.sdp()).bytes, on: flow(.tcp))
        #expect(answers.last?.status == 416)
    }

    @Test func aPageIsReachedOverItsOwnSocketAlone() throws {
        var house = SIPHouse()
        _ = try call(&house, .ws)
        let leg = try #require(house.adapter.liveLegs.first)
        house.fail(leg, .connectivity)
        #expect(house.sent.last?.method == .bye)
        #expect(house.flows.last?.connection == 7)
    }

    @Test func aCallWhoseWebSocketIsGoneEndsUnlessItComesBack() throws {
        var house = SIPHouse()
        _ = try call(&house, .ws)
        house.disconnect(7)
        house.run(for: .seconds(31))
        #expect(house.ends.isEmpty)
        let last = house.run(for: .seconds(2))
        #expect(house.ends == [.connectivity])
        #expect(last.first?.method == .bye)
        #expect(house.flows.last?.transport == .ws && house.flows.last?.connection == nil)
    }

    @Test func aPageThatComesBackKeepsItsCall() throws {
        var house = SIPHouse()
        var phone = try call(&house, .ws)
        house.disconnect(7)
        house.run(for: .seconds(10))
        let answer = house.receive(phone.request(.options).bytes, on: flow(.ws, connection: 8)).last
        #expect(answer?.status == 200)
        house.run(for: .seconds(100))
        #expect(house.ends.isEmpty)
        #expect(house.adapter.connectionsInUse == [8])
    }

    @Test func aPhoneOnTLSIsCalledBackAtItsContact() throws {
        var house = SIPHouse()
        _ = try call(&house, .tls)
        house.disconnect(7)
        house.run(for: .seconds(100))
        #expect(house.ends.isEmpty)
        let leg = try #require(house.adapter.liveLegs.first)
        house.fail(leg, .connectivity)
        // Its Contact names no transport, so UDP is as good.
        #expect(
            house.flows.last
                == SIPFlow(.udp, local: SIPHouse.address, remote: SIPFlowTests.page, serverName: "127.0.0.1"))
    }

    @Test func aNewConnectionIsToWhomTheLastOneWas() throws {
        let proxy = SocketAddress(.v4(0xc000_0201), 5061)
        for other in [false, true] {
            var house = SIPHouse()
            let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
            house.handle(
                .legOffered(
                    jingle,
                    IncomingCall(
                        caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                        displayName: nil, callee: PeerAddress(.xmpp, user: "200", host: "sip.localhost"),
                        takesText: true)))
            house.resolve(
                try #require(house.lookups.first), to: [SIPTarget(.tls, proxy, domain: "pbx.example.org")])
            let invite = try #require(house.sent.last)
            var ok = SIPPhone("desk", port: 5070).answer(invite, sdp: SIPPhone.sdp())
            let hop = try #require(SIPURI("sip:192.0.2.\(other ? 2 : 1):5061;transport=tls;lr"))
            ok.headers.append(SIPHeader("Record-Route", NameAddress(hop).description))
            ok = try SIPMessage(parsing: ok.bytes)
            let flow = SIPFlow(
                .tls, local: SIPHouse.address, remote: proxy, connection: 7, serverName: "pbx.example.org")
            house.receive(ok.bytes, on: flow)
            house.disconnect(7)
            house.handle(.legEnded(jingle, .hangup))
            let last = try #require(house.flows.last)
            #expect(house.sent.last?.method == .bye && last.transport == .tls && last.connection == nil)
            #expect(last.serverName == (other ? "192.0.2.2" : "pbx.example.org"))
        }
    }

    @Test func keepAlivesArePromisedToWhoAsks() throws {
        var house = SIPHouse()
        var phone = SIPPhone("Ada", port: 50_000)
        var invite = phone.request(.invite, sdp: SIPPhone.sdp())
        invite.vias[0].parameters.flag("keep")
        let answer = try #require(house.receive(invite.bytes, on: flow(.tcp)).last)
        #expect(answer.vias[0].parameters["keep"] == "120")
        var options = phone.request(.options)
        options.vias[0].parameters.flag("keep")
        #expect(house.receive(options.bytes, on: flow(.tcp)).last?.vias[0].parameters["keep"] == nil)
    }

    @Test(arguments: [("", nil), ("0", 100), ("30", 27), ("3", 10), ("70000", nil), ("-1", nil)])
    func keepAlivesAreSentAsOftenAsThePeerWants(value: String, seconds: Int?) throws {
        var phone = SIPPhone("Ada", port: 50_000)
        var response = phone.request(.invite).response(200)
        response.vias[0].parameters["keep"] = value
        #expect(SIPAdapter.keepAlive(grantedBy: response) == seconds.map { .seconds($0) })
    }
}
