import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

/// How numbers are there for users, and users for phones.
@Suite struct NumberPresenceTests {
    typealias B = XMPPBench
    var b = XMPPBench()
    private let number = "100@sip.localhost"
    private let user = PeerAddress(.xmpp, user: "alice", host: "localhost")

    /// Of Alice, who watches the number.
    private mutating func watching() throws -> PresenceLink {
        _ = b.presence("alice@localhost", number, "subscribe")
        let (link, event) = try #require(b.links.last)
        #expect(event == .watch)
        #expect(link.presentity == PeerAddress(.sip, user: "100", host: "127.0.0.1:5080"))
        return link
    }

    /// Of a phone that watches Alice.
    private func phoneLink() throws -> PresenceLink {
        try b.conference.presenceLink(
            from: PeerAddress(.sip, user: "100", host: "127.0.0.1:5080"),
            to: PeerAddress(.sip, user: "alice", host: "localhost"), origin: "127.0.0.1"
        ).get()
    }

    @Test mutating func whatThePhoneSaysIsThePresenceOfItsNumber() throws {
        let link = try watching()
        let away = [PresenceState(device: "ID-a", isOpen: true, show: .away, status: "lunch", priority: 5)]
        let told = b.say(.presence(link, .states(away)))
        #expect(told.map(\.brief) == ["presence 100@sip.localhost/gw > alice@localhost"])
        #expect(told.first?.child("show", Namespace.client)?.text == "away")
        #expect(told.first?.child("status", Namespace.client)?.text == "lunch")
        #expect(told.first?.child("c", Namespace.caps) != nil)
        #expect(b.say(.presence(link, .states(away))).isEmpty)
        #expect(
            b.presence(B.alice, number, "probe").first?.child("show", Namespace.client)?.text == "away")
        let closed = b.say(.presence(link, .states([PresenceState(device: "ID-a", isOpen: false)])))
        #expect(closed.map(\.brief) == ["presence unavailable 100@sip.localhost/gw > alice@localhost"])
        let unknown = b.say(.presence(link, .states(nil)))
        #expect(unknown.map(\.brief) == ["presence 100@sip.localhost/gw > alice@localhost"])
    }

    /// An account is there for those of ours alone; to strangers it looks as any number does of which nothing is known.
    @Test mutating func strangersSeeNothingOfAccounts() {
        b = XMPPBench { settings in
            settings.accounts = AccountDirectory(domain: "sip.example", displayNames: ["bob": nil])
            settings.gatewayPolicy = .everyone
        }
        _ = b.presence("alice@localhost", "bob@sip.localhost", "subscribe")
        #expect(b.links.map(\.event) == [.watch])
        let known = b.presence("eve@elsewhere.example", "bob@sip.localhost", "subscribe").map(\.brief)
        let unknown = b.presence("eve@elsewhere.example", "nobody@sip.localhost", "subscribe").map(\.brief)
        #expect(!b.links.contains { $0.link.watched.user == "bob" && $0.link.watcher != user })
        #expect(known.map { $0.replacing("bob", with: "nobody") } == unknown)
    }

    @Test mutating func whoNoLongerWatchesIsForgotten() throws {
        let link = try watching()
        _ = b.presence("alice@localhost", number, "unsubscribe")
        #expect(b.links.last?.event == .forget)
        #expect(b.say(.presence(link, .states([PresenceState(device: "a", isOpen: false)]))).isEmpty)
    }

    @Test mutating func whoWatchedBeforeTheStartIsPassedOnAFewAtATime() throws {
        let contacts = try (0..<25).map { index in
            SubscriptionChange(
                room: try #require(JID(number)), contact: try #require(JID("user\(index)@localhost")), state: .both)
        }
        b = XMPPBench(subscriptions: contacts)
        b.pass(.milliseconds(1))
        #expect(b.links.count == 10)
        b.pass(.seconds(1))
        #expect(b.links.count == 25)
        #expect(b.adapter.nextWake == nil)
    }

    @Test mutating func aUserIsAskedAndThenSeen() throws {
        let link = try phoneLink()
        #expect(
            b.say(.presence(link, .watch)).map(\.brief) == ["presence subscribe 100@sip.localhost > alice@localhost"])
        #expect(b.presence(B.alice, number).isEmpty)
        let states = b.links.last
        #expect(states?.event == .states([PresenceState(device: "phone", isOpen: true)]))
        _ = b.presence("alice@localhost", number, "subscribed")
        #expect(b.links.last?.event == .granted)
        #expect(b.adapter.drainSubscriptions().map(\.state) == [.to])
        _ = b.presence(
            B.alice, number,
            children: [
                XMLElement("show", Namespace.client, text: "dnd"), XMLElement("status", Namespace.client, text: "busy"),
                XMLElement("priority", Namespace.client, text: "7"),
            ])
        #expect(
            b.links.last?.event
                == .states([PresenceState(device: "phone", isOpen: true, show: .dnd, status: "busy", priority: 7)]))
        _ = b.presence(B.alice, number, "unavailable")
        #expect(b.links.last?.event == .states([]))
    }

    @Test mutating func whoAgreedBeforeIsLookedUp() throws {
        let stored = SubscriptionChange(
            room: try #require(JID(number)), contact: try #require(JID("alice@localhost")), state: .to)
        b = XMPPBench(subscriptions: [stored])
        let link = try phoneLink()
        #expect(b.say(.presence(link, .watch)).map(\.brief) == ["presence probe 100@sip.localhost > alice@localhost"])
        #expect(b.links.contains { $0.event == .granted })
        _ = b.presence(B.alice, number)
        let count = b.links.count
        // A second phone of the same number is told what is known.
        #expect(b.say(.presence(link, .watch)).isEmpty)
        #expect(b.links.count == count + 3)
    }

    @Test mutating func aRefusalIsPassedOn() throws {
        let link = try phoneLink()
        _ = b.say(.presence(link, .watch))
        _ = b.presence("alice@localhost", number, "unsubscribed")
        #expect(b.links.last?.event == .refused)
        _ = b.presence(B.alice, number)
        #expect(b.links.last?.event == .refused)
    }

    @Test mutating func aFloodOfDevicesIsBounded() throws {
        _ = b.say(.presence(try phoneLink(), .watch))
        for index in 0..<100 { _ = b.presence("alice@localhost/d\(index)", number) }
        #expect(
            b.links.compactMap { if case .states(let states) = $0.event { states?.count } else { nil } }.max() == 16)
    }
}
