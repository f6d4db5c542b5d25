import Primitives
import Testing

@testable import SIP

@Suite struct DialogTests {
    private func invite() throws -> SIPMessage {
        var message = try SIPMessage(parsing: Samples.invite)
        message.to.tag = nil
        return message
    }

    @Test func theAnsweringSideTurnsFromAndToRound() throws {
        let invite = try invite()
        var dialog = try #require(Dialog(answering: invite, tag: "ours"))
        let bye = dialog.request(.bye)
        #expect(bye.from.tag == "ours")
        #expect(bye.to.tag == "1928301774")
        #expect(bye.requestURI == invite.contacts.first?.uri)
        #expect(bye.routes.map(\.uri.host) == ["p1.example.org", "p2.example.org"])
        #expect(bye.cseq == CSeq(1, .bye))
        #expect(dialog.request(.bye).cseq.number == 2)
        #expect(dialog.nextHop.host == "p1.example.org")
        #expect(DialogID(ofResponse: bye.response(200)) == dialog.id)
    }

    @Test func theCallingSideTakesItsRoutesFromThe2xx() throws {
        let invite = try invite()
        var ringing = invite.response(180, tag: "theirs")
        ringing.contacts = [NameAddress(SIPURI(user: "early", host: "192.0.2.9"))]
        var dialog = try #require(Dialog(calling: invite, response: ringing))
        #expect(dialog.state == .early)
        var ok = invite.response(200, tag: "theirs")
        ok.contacts = [NameAddress(SIPURI(user: "late", host: "192.0.2.10"))]
        ok.recordRoutes = [NameAddress(SIPURI(host: "q.example.org", parameters: .init([.init("lr", nil)])))]
        dialog.confirm(by: ok)
        #expect(dialog.state == .confirmed)
        #expect(dialog.remoteTarget.user == "late")
        #expect(dialog.routeSet.map(\.uri.host) == ["q.example.org"])
        let ack = dialog.acknowledgement(of: invite.cseq.number)
        #expect(ack.cseq == CSeq(314159, .ack))
        #expect(dialog.request(.bye).cseq.number == 314160)
    }

    @Test func aStrictRouterGetsTheRequestURI() throws {
        var invite = try invite()
        invite.recordRoutes = [NameAddress(SIPURI(host: "old.example.org"))]
        var dialog = try #require(Dialog(answering: invite, tag: "ours"))
        let bye = dialog.request(.bye)
        #expect(bye.requestURI?.host == "old.example.org")
        #expect(bye.routes.last?.uri == invite.contacts.first?.uri)
    }

    @Test func requestsOutOfOrderAreTold() throws {
        var dialog = try #require(Dialog(answering: try invite(), tag: "ours"))
        var request = try invite()
        var verdicts: [Bool] = []
        for number: UInt32 in [314160, 314160, 5, 400_000] {
            request.cseq.number = number
            verdicts.append(dialog.accepts(request))
        }
        #expect(verdicts == [true, false, false, true])
    }

    @Test func anAnswerWithoutTagMakesADialogWithoutOneAndAProvisionalResponseNone() throws {
        let dialog = try #require(Dialog(calling: try invite(), response: try invite().response(200)))
        #expect(dialog.id.remoteTag.isEmpty && dialog.state == .confirmed && dialog.remote.tag == nil)
        #expect(Dialog(calling: try invite(), response: try invite().response(180)) == nil)
        var subscribe = try invite()
        subscribe.cseq.method = .subscribe
        #expect(Dialog(calling: subscribe, response: subscribe.response(200)) == nil)
        #expect(Dialog(calling: try invite(), response: try invite().response(486, tag: "x")) == nil)
    }

    @Test func a2xxIsRepeatedUntilItsACKAndGivenUpAfter64T1() throws {
        var layer = TransactionLayer(entropy: .seeded(1))
        guard
            case .request(let request, let id, _) = layer.receive(
                try invite(), on: SIPFlow(.udp, remote: SocketAddress(.loopback4, 5060)), at: .zero
            ).first
        else {
            Issue.record("no request")
            return
        }
        var answer = UnacknowledgedAnswer(request.response(200, tag: "x"), id, timers: SIPTimers(), at: .zero)
        var times: [Double] = []
        while true {
            let now = answer.nextWake
            switch answer.wake(at: now) {
            case .repeatAnswer: times.append((now - .zero).inSeconds)
            case .giveUp:
                #expect(now == .zero + .seconds(32))
                #expect(times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])
                return
            case nil:
                Issue.record("woken for nothing")
                return
            }
        }
    }
}
