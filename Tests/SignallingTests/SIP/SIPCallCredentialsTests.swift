import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// A trunk that demands a password of every request, in a call of any length.
@Suite struct SIPCallCredentialsTests {
    private let jingle = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
    private let trunk = SIPPhone("trunk", port: 5080)
    private let fork: SIPPhone
    private var house = SIPHouse {
        $0.hashing = .openSSL
        $0.credentials = ["127.0.0.1:5080": DigestUser(name: "confab", password: Redacted("secret"))]
    }

    init() {
        var fork = SIPPhone("fork", port: 5080)
        fork.tag = "another"
        self.fork = fork
    }

    private mutating func call() throws -> SIPMessage {
        let sent = house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                    displayName: nil, callee: PeerAddress(.xmpp, user: "100", host: "sip.localhost"),
                    takesText: true)))
        return try #require(sent.first(.invite))
    }

    private func demand(_ request: SIPMessage, _ nonce: String, isStale: Bool = true) -> SIPMessage {
        var response = trunk.answer(request, 407)
        response.headers.append(
            SIPHeader(
                "Proxy-Authenticate",
                DigestChallenge(realm: "trunk", nonce: nonce, algorithm: .sha256, isStale: isStale).description))
        return response
    }

    /// Demands credentials under a nonce, and gives the request that has them.
    private mutating func demanded(_ request: SIPMessage, _ nonce: String) throws -> SIPMessage {
        let sent = house.receive(demand(request, nonce), from: trunk.address)
        let again = try #require(request.method.flatMap { sent.first($0) })
        #expect(nonces([again]) == [nonce] && again.cseq.number > request.cseq.number)
        return again
    }

    private func nonces(_ messages: [SIPMessage]) -> [String] {
        messages.compactMap { $0.header("Proxy-Authorization").flatMap { DigestCredentials(parsing: $0)?.nonce } }
    }

    /// A call that is up, under the nonce "n1". -> its INVITE
    private mutating func connected(_ headers: [SIPHeader] = []) throws -> SIPMessage {
        let invite = try demanded(try call(), "n1")
        var ok = trunk.answer(invite, sdp: SIPPhone.sdp())
        ok.headers += headers
        house.receive(ok, from: trunk.address)
        return invite
    }

    @Test mutating func aByeUnderANonceThatIsOverIsSentAgain() throws {
        _ = try connected()
        house.run(for: .seconds(600))
        let bye = try #require(house.handle(.legEnded(jingle, .hangup)).first(.bye))
        #expect(nonces([bye]) == ["n1"] && house.adapter.legCount == 0)
        let again = try demanded(bye, "n2")
        #expect(again.to.tag == bye.to.tag && again.routes == bye.routes && again.requestURI == bye.requestURI)
        #expect(house.receive(trunk.answer(again), from: trunk.address).isEmpty)
        house.run(for: .seconds(120))
        #expect(house.adapter.callCredentials.isEmpty && house.adapter.unanswered.isEmpty)
    }

    @Test mutating func aByeIsNotSentWithoutEnd() throws {
        _ = try connected()
        var bye = house.handle(.legEnded(jingle, .hangup)).first(.bye)
        var count = 0
        while let last = bye, count < 20 {
            count += 1
            bye = house.receive(demand(last, "b\(count)"), from: trunk.address).first(.bye)
        }
        #expect(count == 4)
        #expect(house.adapter.unanswered.isEmpty)
    }

    @Test mutating func theByeOfASecondAnswerIsSigned() throws {
        let invite = try connected()
        let second = house.receive(fork.answer(invite, sdp: SIPPhone.sdp()), from: trunk.address)
        #expect(second.methods == [.ack, .bye])
        // The ACK and the BYE both show what we know.
        #expect(nonces(second) == ["n1", "n1"])
        let bye = try demanded(try #require(second.first(.bye)), "n2")
        #expect(bye.to.tag == "another")
        #expect(house.adapter.legCount == 1)
    }

    @Test mutating func anAnswerThatCrossesTheCancelIsEndedWithThePassword() throws {
        let invite = try demanded(try call(), "n1")
        house.receive(trunk.answer(invite, 180), from: trunk.address)
        house.handle(.legEnded(jingle, .cancelled))
        let sent = house.receive(trunk.answer(invite, sdp: SIPPhone.sdp()), from: trunk.address)
        #expect(sent.methods == [.ack, .bye] && nonces(sent) == ["n1", "n1"])
        _ = try demanded(try #require(sent.last), "n2")
    }

    @Test mutating func provisionalAcknowledgementsAreSentAgainToo() throws {
        let invite = try demanded(try call(), "n1")
        var ringing = trunk.answer(invite, 183)
        ringing.set("Require", "100rel")
        ringing.set("RSeq", "7")
        let prack = try #require(house.receive(ringing, from: trunk.address).first(.prack))
        let again = try demanded(prack, "n2")
        #expect(again.header("RAck") == prack.header("RAck"))
    }

    @Test mutating func aTextBesideTheDialogIsSignedToo() throws {
        let invite = try demanded(try call(), "n1")
        var ok = trunk.answer(invite, sdp: SIPPhone.sdp())
        ok.set("Allow", "INVITE, ACK, CANCEL, BYE, MESSAGE")
        house.receive(ok, from: trunk.address)
        house.handle(.legAnswered(jingle))
        let sent = house.handle(
            .instant(
                InstantMessage(
                    id: SubmissionID(1),
                    from: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                    to: PeerAddress(.xmpp, user: "100", host: "sip.localhost"), .text(InstantText("hi")))))
        let inside = try #require(sent.first(.message))
        #expect(inside.callID == invite.callID)
        let again = try demanded(inside, "n2")
        let beside = try #require(house.receive(trunk.answer(again, 405), from: trunk.address).first(.message))
        #expect(beside.callID != invite.callID && beside.to.tag == nil)
        let last = try demanded(beside, "n3")
        #expect(last.callID == beside.callID && last.cseq.number == 2)
        #expect(house.receive(trunk.answer(last), from: trunk.address).isEmpty)
        #expect(house.adapter.legs.values.values.first?.text.isIdle == true)
    }

    @Test mutating func aRefreshIsChallengedAsOftenAsThereAreRefreshes() throws {
        trunkTakesUpdate: for takesUpdate in [false, true] {
            self = SIPCallCredentialsTests()
            var headers = [SIPHeader("Session-Expires", "1800;refresher=uac")]
            if takesUpdate { headers.append(SIPHeader("Allow", "INVITE, ACK, BYE, UPDATE")) }
            _ = try connected(headers)
            for round in 1...8 {
                let method: SIPMethod = takesUpdate ? .update : .invite
                guard let refresh = house.run(for: .seconds(901)).first(method) else {
                    Issue.record("no refresh \(round)")
                    continue trunkTakesUpdate
                }
                var challenge = house.receive(
                    demand(refresh, "r\(round)", isStale: round % 2 == 0), from: trunk.address)
                challenge += house.run(for: .milliseconds(10))
                let again = try #require(challenge.first(method))
                #expect(nonces([again]) == ["r\(round)"])
                var ok = trunk.answer(again, sdp: takesUpdate ? nil : SIPPhone.sdp(version: round + 1))
                ok.set("Session-Expires", "1800;refresher=uac")
                house.receive(ok, from: trunk.address)
            }
            #expect(house.adapter.legCount == 1)
        }
    }

    @Test mutating func theNextPlaceIsNotShownWhatAnotherDemanded() throws {
        let (first, second) = (SocketAddress(.v4(0xc000_0201), 5060), SocketAddress(.v4(0xc000_0202), 5060))
        house = SIPHouse {
            $0.hashing = .openSSL
            $0.credentials = ["pbx.example.org": DigestUser(name: "confab", password: Redacted("secret"))]
        }
        house.handle(
            .legOffered(
                jingle,
                IncomingCall(
                    caller: PeerAddress(.xmpp, user: "romeo", host: "localhost", resource: "orchard"),
                    displayName: nil, callee: PeerAddress(.xmpp, user: "200", host: "sip.localhost"),
                    takesText: true)))
        house.resolve(
            try #require(house.lookups.first),
            to: [first, second].map { SIPTarget(.udp, $0, domain: "pbx.example.org") })
        let invite = try #require(house.sent.last)
        let proven = try #require(house.receive(demand(invite, "a"), from: first).first(.invite))
        let other = try #require(house.receive(trunk.answer(proven, 503), from: first).first(.invite))
        #expect(house.flows.last?.remote == second && other.header("Proxy-Authorization") == nil)
        let last = try #require(house.receive(demand(other, "b", isStale: false), from: second).first(.invite))
        let given = try #require(last.header("Proxy-Authorization").flatMap { DigestCredentials(parsing: $0) })
        #expect(given.nonce == "b" && given.quality?.count == "00000001")
    }

    @Test mutating func aTextTakesNoneOfItAlongEither() throws {
        let (first, second) = (SocketAddress(.v4(0xc000_0201), 5060), SocketAddress(.v4(0xc000_0202), 5060))
        house = SIPHouse {
            $0.hashing = .openSSL
            $0.credentials = ["pbx.example.org": DigestUser(name: "confab", password: Redacted("secret"))]
        }
        house.handle(
            .instant(
                InstantMessage(
                    id: SubmissionID(1), from: PeerAddress(.xmpp, user: "alice", host: "localhost"),
                    to: PeerAddress(.xmpp, user: "200", host: "sip.localhost"), .text(InstantText("hi")))))
        house.resolve(
            try #require(house.lookups.first),
            to: [first, second].map { SIPTarget(.udp, $0, domain: "pbx.example.org") })
        let message = try #require(house.sent.last)
        let proven = try #require(house.receive(demand(message, "a"), from: first).first(.message))
        #expect(nonces([proven]) == ["a"])
        let other = try #require(house.receive(trunk.answer(proven, 503), from: first).first(.message))
        #expect(house.flows.last?.remote == second && other.header("Proxy-Authorization") == nil)
        let last = try #require(house.receive(demand(other, "b", isStale: false), from: second).first(.message))
        #expect(nonces([last]) == ["b"])
    }
}
