import Primitives
import Testing

@testable import SIP

/// Large requests (RFC 3261 section 18.1.1), and shares of the table.
@Suite struct TransactionLargeTests {
    private let us = SocketAddress(.loopback4, 5060)
    private let peer = SocketAddress(.v4(0xc000_0201), 5070)
    private var flow: SIPFlow { SIPFlow(.udp, local: us, remote: peer) }

    private func message(_ size: Int) -> SIPMessage {
        var from = NameAddress(SIPURI(user: "room", host: "127.0.0.1"))
        from.tag = "a"
        let uri = SIPURI(user: "bob", host: "192.0.2.1")
        var request = SIPMessage(.message, uri, from: from, to: NameAddress(uri), callID: "1", sequence: 1)
        request.body = [UInt8](repeating: 0x78, count: size)
        return request
    }

    private func sent(_ layer: inout TransactionLayer) throws -> [(SIPFlow, SIPMessage)] {
        try layer.drain().map { ($0.flow, try SIPMessage(parsing: $0.bytes)) }
    }

    @Test func whatFitsNoDatagramGoesByTCP() throws {
        var layer = TransactionLayer(sendsLargeByTCP: true, entropy: .seeded(1))
        _ = layer.send(message(100), on: flow, at: .zero)
        _ = layer.send(message(2000), on: flow, at: .zero)
        let packets = try sent(&layer)
        #expect(packets.map(\.0.transport) == [.udp, .tcp])
        #expect(packets.map(\.0.remote) == [peer, peer])
        #expect(packets.map { $0.1.vias.first?.transport } == ["UDP", "TCP"])
        #expect(packets[1].1.vias.first?.port == 5060)
    }

    @Test func withoutTCPItGoesByUDPAfterAllAndSoDoTheNextOnes() throws {
        var layer = TransactionLayer(sendsLargeByTCP: true, entropy: .seeded(1))
        let first = layer.send(message(2000), on: flow, at: .zero)
        let id = try #require(first)
        let before = try sent(&layer)
        let events = layer.unreachable(peer, by: .tcp, at: .zero)
        #expect(events == [])
        let packets = try sent(&layer)
        #expect(packets.map(\.0.transport) == [.udp])
        #expect(packets[0].1.vias[0].transport == "UDP")
        #expect(packets[0].1.vias[0].branch == before[0].1.vias[0].branch)
        // Over UDP it is repeated until answered, in the same transaction.
        _ = layer.wake(at: .zero + .milliseconds(500))
        let repeated = try sent(&layer)
        #expect(repeated.count == 1)
        let answer = packets[0].1.response(200, tag: "b")
        let answered = layer.receive(answer, on: flow, at: .zero + .seconds(1))
        #expect(answered == [.response(answer, id, flow)])
        // For ten minutes it is not tried again.
        for (second, transport) in [(599, SIPTransport.udp), (601, .tcp)] {
            _ = layer.send(message(2000), on: flow, at: .zero + .seconds(second))
            let next = try sent(&layer)
            #expect(next.map(\.0.transport) == [transport])
        }
    }

    @Test func requestsThatWereToGoByTCPAnywayFail() throws {
        var layer = TransactionLayer(sendsLargeByTCP: true, entropy: .seeded(1))
        let sent = layer.send(message(2000), on: SIPFlow(.tcp, local: us, remote: peer), at: .zero)
        let id = try #require(sent)
        let events = layer.unreachable(peer, by: .tcp, at: .zero)
        #expect(events == [.failed(id, .transport)])
    }

    @Test func whatIsCancelledMeanwhileStaysCancelled() throws {
        var layer = TransactionLayer(sendsLargeByTCP: true, entropy: .seeded(1))
        var invite = message(2000)
        invite.start = .request(.invite, SIPURI(user: "bob", host: "192.0.2.1"))
        invite.cseq = CSeq(1, .invite)
        let started = layer.send(invite, on: flow, at: .zero)
        let id = try #require(started)
        layer.cancel(id, at: .zero)
        _ = layer.unreachable(peer, by: .tcp, at: .zero)
        let resent = try sent(&layer)
        let again = try #require(resent.last?.1)
        _ = layer.receive(again.response(100), on: flow, at: .zero)
        let after = try sent(&layer)
        let cancel = try #require(after.last)
        #expect(cancel.1.method == .cancel && cancel.0.transport == .udp)
    }

    @Test func onePeerCannotTakeTheWholeTable() {
        var layer = TransactionLayer(limit: 800, entropy: .seeded(1))
        func ask(_ number: Int, from ip: IPAddress) -> Bool {
            var request = message(0)
            request.callID = "\(number)"
            request.vias = [Via(transport: "UDP", host: "a", port: nil)]
            request.vias[0].parameters["branch"] = "z9hG4bK\(number)"
            let flow = SIPFlow(.udp, local: us, remote: SocketAddress(ip, 5060))
            return !layer.receive(request, on: flow, at: .zero).isEmpty
        }
        let greedy = IPAddress.v4(1)
        let taken = [
            (0..<1000).count { ask($0, from: greedy) }, (1000..<1200).count { ask($0, from: .v4(2)) },
            (2000..<2050).count { ask($0, from: .v4(3)) }, (3000..<3001).count { ask($0, from: greedy) },
        ]
        #expect(taken == [600, 100, 50, 0])
    }

    @Test func whoAnswersNothingLeavesRoomForRequestsToOthers() {
        var layer = TransactionLayer(limit: 800, entropy: .seeded(1))
        func send(_ count: Int, _ method: SIPMethod, to ip: UInt32, inDialog: Bool = true) -> Int {
            let flow = SIPFlow(.tcp, local: us, remote: SocketAddress(.v4(ip), 5060))
            let from = message(0).from
            let uri = SIPURI(user: "bob", host: "192.0.2.1")
            var request = SIPMessage(method, uri, from: from, to: NameAddress(uri), callID: "1", sequence: 1)
            if inDialog { request.to.tag = "b" }
            return (0..<count).count { _ in layer.send(request, on: flow, at: .zero) != nil }
        }
        let taken = [
            send(900, .notify, to: 1), send(200, .notify, to: 2), send(200, .message, to: 3, inDialog: false),
            send(1, .invite, to: 4, inDialog: false), send(1, .update, to: 1), send(1, .bye, to: 1),
            send(60, .update, to: 4), send(1, .bye, to: 5),
        ]
        #expect(taken == [600, 100, 50, 0, 0, 1, 49, 0])
        #expect(layer.clientShares == [.v4(1): 601, .v4(2): 100, .v4(3): 50, .v4(4): 49])
        _ = layer.unreachable(SocketAddress(.v4(2), 5060), by: .tcp, at: .zero)
        #expect(layer.clientShares == [.v4(1): 601, .v4(3): 50, .v4(4): 49])
        _ = layer.wake(at: .zero + .seconds(33))
        #expect(layer.count == 0)
        #expect(layer.clientShares.isEmpty)
    }

    @Test func whatIsOverCountsNoMore() {
        var layer = TransactionLayer(limit: 800, entropy: .seeded(1))
        for number in 0..<300 {
            var request = message(0)
            request.callID = "\(number)"
            request.vias = [Via(transport: "UDP", host: "a", port: nil)]
            request.vias[0].parameters["branch"] = "z9hG4bK\(number)"
            for case .request(let request, let id, _) in layer.receive(request, on: flow, at: .zero) {
                layer.respond(request.response(200, tag: "b"), to: id, at: .zero)
            }
        }
        #expect(layer.shares == [peer.ip: 300])
        _ = layer.wake(at: .zero + .seconds(33))
        #expect(layer.count == 0)
        #expect(layer.shares.isEmpty)
    }
}
