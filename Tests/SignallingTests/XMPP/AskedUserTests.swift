import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Users whom phones want to see: when they are asked, and what their answers mean.
@Suite struct AskedUserTests {
    typealias B = XMPPBench
    var b = XMPPBench()
    private let number = "100@sip.localhost"
    private let asking = "presence subscribe 100@sip.localhost > alice@localhost"
    private let probe = "presence probe 100@sip.localhost > alice@localhost"

    private func link(_ watched: String = "alice@localhost", from caller: String = "100") throws -> PresenceLink {
        let at = try #require(watched.lastIndex(of: "@"))
        return try b.conference.presenceLink(
            from: PeerAddress(.sip, user: caller, host: "127.0.0.1:5080"),
            to: PeerAddress(
                .sip, user: String(watched[..<at]), host: String(watched[watched.index(after: at)...])),
            origin: "127.0.0.1"
        ).get()
    }

    /// The phone 100 calls Alice.
    private mutating func call() -> [String] {
        var legs = LegIDs(.sip)
        return b.say(
            .legOffered(
                legs.next(),
                IncomingCall(
                    caller: PeerAddress(.sip, user: "100", host: "127.0.0.1:5080"), displayName: nil,
                    callee: PeerAddress(.sip, user: "alice", host: "localhost"), takesText: true))
        ).map(\.brief)
    }

    private func told(_ event: PresenceEvent) -> Int { b.links.count { $0.event == event } }

    // MARK: Calls meanwhile

    @Test mutating func aCallDoesNotAskForARefusal() throws {
        let link = try link()
        #expect(b.say(.presence(link, .watch)).map(\.brief) == [asking])
        let sent = call()
        #expect(sent.contains { $0.hasPrefix("message") })
        // A server answers a probe of who is not subscribed with `unsubscribed`.
        #expect(!sent.contains(probe))
        _ = b.presence("alice@localhost", number, "subscribed")
        #expect(b.links.last?.event == .granted)
    }

    @Test mutating func theAnswerToAProbeThatWasFirstIsNoRefusal() throws {
        #expect(call().contains(probe))
        _ = b.say(.presence(try link(), .watch))
        _ = b.presence("alice@localhost", number, "unsubscribed")
        #expect(told(.refused) == 0)
        _ = b.presence("alice@localhost", number, "unsubscribed")
        #expect(told(.refused) == 1)
    }

    // MARK: Not again and again

    @Test mutating func whoDoesNotAnswerIsAskedOnceADay() throws {
        let link = try link()
        var sent = 0
        for _ in 0..<50 {
            sent += b.say(.presence(link, .watch)).count
            _ = b.say(.presence(link, .forget))
        }
        #expect(sent == 1)
        b.pass(.seconds(86_401))
        #expect(b.say(.presence(link, .watch)).map(\.brief) == [asking])
    }

    @Test mutating func whoRefusedIsLeftAloneForADay() throws {
        let link = try link()
        _ = b.say(.presence(link, .watch))
        _ = b.presence("alice@localhost", number, "unsubscribed")
        #expect(told(.refused) == 1)
        #expect(b.say(.presence(link, .watch)).isEmpty)
        #expect(told(.refused) == 2)
        b.pass(.seconds(86_401))
        #expect(b.say(.presence(link, .watch)).map(\.brief) == [asking])
    }

    @Test mutating func whoAgreesWhenThePhoneHasGoneIsSeenTheNextTime() throws {
        let link = try link()
        _ = b.say(.presence(link, .watch))
        _ = b.say(.presence(link, .forget))
        _ = b.presence("alice@localhost", number, "subscribed")
        #expect(b.say(.presence(link, .watch)).map(\.brief) == [probe])
        #expect(b.links.last?.event == .granted)
    }

    @Test mutating func whoWasNeverAskedCannotAgree() throws {
        _ = b.presence("alice@localhost", number, "subscribed")
        #expect(b.adapter.drainSubscriptions().isEmpty)
        #expect(b.say(.presence(try link(), .watch)).map(\.brief) == [asking])
    }

    @Test mutating func aUserIsAskedBySoManyNumbersOnly() throws {
        var sent = 0
        for index in 0..<300 {
            let link = try link(from: "\(1000 + index)")
            sent += b.say(.presence(link, .watch)).count
            _ = b.say(.presence(link, .forget))
        }
        #expect(sent == AskedUsers.limitOfUser)
        #expect(b.say(.presence(try link("bob@localhost"), .watch)).count == 1)
        b.pass(.seconds(86_401))
        #expect(b.say(.presence(try link(from: "2000"), .watch)).count == 1)
    }

    @Test func whatIsRememberedIsBounded() throws {
        var asked = AskedUsers()
        let number = try #require(JID("1@sip.localhost"))
        for index in 0..<25_000 {
            #expect(asked.ask(try #require(JID("u\(index)@localhost")), by: number, at: .zero) == .ask)
            #expect(asked.count <= AskedUsers.limit)
        }
        for index in 0..<25_000 { asked.agreed(try #require(JID("u\(index)@localhost")), by: number) }
        #expect(asked.count == 0)
    }

    // MARK: Errors

    @Test mutating func whoCannotBeAskedIsARefusalForAWhile() throws {
        let link = try link()
        _ = b.say(.presence(link, .watch))
        _ = b.presence(
            "alice@localhost", number, "error", children: [StanzaError(.remoteServerNotFound).element])
        #expect(told(.refused) == 1)
        #expect(b.say(.presence(link, .watch)).isEmpty)
        #expect(told(.refused) == 2)
        b.pass(.seconds(601))
        #expect(b.say(.presence(link, .watch)).map(\.brief) == [asking])
    }

    @Test mutating func anErrorTakesNothingBackThatWasAgreed() throws {
        _ = b.say(.presence(try link(), .watch))
        _ = b.presence("alice@localhost", number, "subscribed")
        _ = b.presence(
            "alice@localhost", number, "error", children: [StanzaError(.remoteServerNotFound).element])
        #expect(told(.refused) == 0)
    }

    // MARK: Several ways to write one

    @Test mutating func bothSpellingsOfAUserAreToldAndOneMayEnd() throws {
        let (plain, escaped) = (try link(), try link("alice@localhost@sip.localhost"))
        #expect(plain != escaped && plain.presentity == escaped.presentity)
        #expect(b.say(.presence(plain, .watch)).map(\.brief) == [asking])
        #expect(b.say(.presence(escaped, .watch)).isEmpty)
        _ = b.presence("alice@localhost", number, "subscribed")
        #expect(Set(b.links.filter { $0.event == .granted }.map(\.link)) == [plain, escaped])
        _ = b.say(.presence(plain, .forget))
        let count = b.links.count
        _ = b.presence(B.alice, number)
        #expect(b.links.dropFirst(count).map(\.link) == [escaped])
        _ = b.say(.presence(escaped, .forget))
        #expect(b.adapter.numbers.watchedCount == 0)
    }

    // MARK: The stream

    @Test mutating func whatWasMissedWhileTheStreamWasAwayIsLookedUp() throws {
        _ = b.say(.presence(try link(), .watch))
        _ = b.presence("alice@localhost", number, "subscribed")
        _ = b.presence(B.alice, number)
        #expect(b.links.last?.event == .states([PresenceState(device: "phone", isOpen: true)]))
        b.adapter.componentLost("sip.localhost")
        _ = b.ready("sip.localhost")
        #expect(b.pass(.seconds(1)).map(\.brief) == [probe])
        // The server itself says that there is nobody.
        _ = b.presence("alice@localhost", number, "unavailable")
        #expect(b.links.last?.event == .states([]))
        #expect(b.pass(.seconds(60)).isEmpty)
    }
}
