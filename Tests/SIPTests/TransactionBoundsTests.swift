import Primitives
import Testing

@testable import SIP

/// What a peer that repeats itself, or means harm, can make the layer keep.
@Suite struct TransactionBoundsTests {
    private let flow = SIPFlow(
        .udp, local: SocketAddress(.loopback4, 5060), remote: SocketAddress(.loopback4, 5061))

    private func request(_ method: SIPMethod, _ branch: Int) -> SIPMessage {
        var from = NameAddress(SIPURI(user: "alice", host: "127.0.0.1"))
        from.tag = "a"
        let uri = SIPURI(user: "bob", host: "127.0.0.1")
        var request = SIPMessage(method, uri, from: from, to: NameAddress(uri), callID: "\(branch)", sequence: 1)
        request.vias = [Via(transport: "UDP", host: "127.0.0.1", port: 5061)]
        request.vias[0].parameters["branch"] = "z9hG4bK\(branch)"
        return request
    }

    @Test func cancelsOfNothingAreBoundedToo() {
        var layer = TransactionLayer(limit: 2, entropy: .seeded(1))
        for branch in 0..<5 { _ = layer.receive(request(.cancel, branch), on: flow, at: .zero) }
        #expect(layer.count == 2)
        let answers = layer.drain().compactMap { try? SIPMessage(parsing: $0.bytes).status }
        #expect(answers == [481, 481, 503, 503, 503])
    }

    @Test func aCancelOfACallIsTakenWhateverElseThereIs() {
        var layer = TransactionLayer(limit: 1, entropy: .seeded(1))
        _ = layer.receive(request(.invite, 1), on: flow, at: .zero)
        let events = layer.receive(request(.cancel, 1), on: flow, at: .zero)
        guard case .cancelled = events.first else {
            Issue.record("not cancelled")
            return
        }
    }

    @Test func repeatedRequestsLeaveNoTimersBehind() {
        var layer = TransactionLayer(entropy: .seeded(1))
        guard case .request(let options, let id, _) = layer.receive(request(.options, 1), on: flow, at: .zero).first
        else {
            Issue.record("no request")
            return
        }
        layer.respond(options.response(200, tag: "b"), to: id, at: .zero)
        for _ in 0..<100 { _ = layer.receive(request(.options, 1), on: flow, at: .zero) }
        #expect(layer.drain().count == 101)
        #expect(layer.deadlines.count == 1)
        _ = layer.wake(at: .zero + .seconds(32))
        #expect(layer.count == 0)
        #expect(layer.deadlines.count == 0)
    }

    @Test func anInviteThatRingsForEverIsOverSomeTime() throws {
        var layer = TransactionLayer(entropy: .seeded(1))
        let made = layer.send(request(.invite, 1), on: flow, at: .zero)
        let id = try #require(made)
        let sent = try SIPMessage(parsing: try #require(layer.drain().first).bytes)
        for second in 1...50 { _ = layer.receive(sent.response(180, tag: "b"), on: flow, at: .zero + .seconds(second)) }
        #expect(layer.wake(at: .zero + .seconds(900)).isEmpty && layer.count == 1)
        // However often it said that it rings.
        #expect(layer.deadlines.count <= 2)
        guard case .failed(id, .timeout) = layer.wake(at: .zero + .seconds(1000)).first else {
            Issue.record("is still there")
            return
        }
        #expect(layer.count == 0)
    }

    @Test func anInviteNobodyWaitsForEndsWithoutItsAnswer() throws {
        for isEarly in [true, false] {
            var layer = TransactionLayer(entropy: .seeded(1))
            let made = layer.send(request(.invite, 1), on: flow, at: .zero)
            let id = try #require(made)
            let sent = try SIPMessage(parsing: try #require(layer.drain().first).bytes)
            if isEarly { layer.expectEnd(of: id, at: .zero) }
            _ = layer.receive(sent.response(180, tag: "b"), on: flow, at: .zero + .seconds(1))
            if !isEarly { layer.expectEnd(of: id, at: .zero + .seconds(1)) }
            _ = layer.wake(at: .zero + .seconds(34))
            #expect(layer.count == 0)
        }
    }
}
