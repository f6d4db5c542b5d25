import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

/// The adapter on the real domain, on virtual time: stanzas in, stanzas out. SIP callers are put in by hand.
struct XMPPBench {
    static let alice = "alice@localhost/phone"
    static let bob = "bob@localhost/desk"
    static let talk = "demo@talk.localhost"
    static let focus = "demo@talk.localhost/focus"
    static let muc = "demo@rooms.localhost"

    let media = JingleMediaRecorder()
    var conference: Conference
    var adapter: XMPPAdapter
    var now = Instant.zero
    var wall = WallTime(milliseconds: 1_000_000)
    private var sipLegs = LegIDs(.sip)
    private var ids = 0
    /// Texts for SIP endpoints, as the domain had them delivered.
    var sipTexts: [String] = []
    /// The last text that was delivered to anybody.
    private(set) var lastMessage: (id: String, room: RoomName)?
    /// What was to be handed across the gateway, either way, and what became of what was handed in.
    private(set) var passed: [InstantDelivery] = []
    private(set) var outcomes: [SubmissionOutcome] = []
    private(set) var links: [(link: PresenceLink, event: PresenceEvent)] = []

    init(
        rooms: [String] = ["demo"], createsRooms: Bool = true, subscriptions: [SubscriptionChange] = [],
        seed: UInt64 = 1, limits: XMPPLimits = XMPPLimits(),
        _ change: (inout ConferenceConfiguration) -> Void = { _ in }
    ) {
        let entropy = Entropy.seeded(seed)
        var configuration = ConferenceConfiguration(
            talkDomain: "talk.localhost", roomsDomain: "rooms.localhost", gatewayDomain: "sip.localhost",
            bridgedDomains: ["localhost"], rooms: rooms.compactMap { RoomName($0) }, createsRooms: createsRooms,
            routes: [GatewayRoute(pattern: "*", host: "127.0.0.1:5080")])
        change(&configuration)
        conference = Conference(configuration: configuration, entropy: entropy)
        var xmpp = XMPPAdapterConfiguration(conference: configuration, softwareVersion: "1.2")
        xmpp.limits = limits
        adapter = XMPPAdapter(
            configuration: xmpp,
            media: media, entropy: entropy,
            hashing: Hashing(
                md5: { $0 }, sha1: { bytes in Array(bytes.prefix(20)) }, sha256: { $0 }, hmacSHA1: { $1 }),
            subscriptions: subscriptions, rooms: conference.rooms.map(\.name))
    }

    // MARK: Driving

    /// A stanza comes in; what goes out because of it.
    @discardableResult
    mutating func receive(_ stanza: XMLElement) -> [XMLElement] {
        run(adapter.receive(stanza, conference: conference, now: now, wall: wall))
        return adapter.drain()
    }

    /// The domain is told something by the SIP side.
    @discardableResult
    mutating func say(_ command: Command) -> [XMLElement] {
        run([command])
        return adapter.drain()
    }

    mutating func run(_ commands: [Command]) {
        var commands = commands[...]
        while let command = commands.popFirst() {
            for effect in conference.handle(command, at: now, wall: wall) {
                if case .presence(let link, let event) = effect { links.append((link, event)) }
                if case .pass(let delivery) = effect { passed.append(delivery) }
                if case .submitted(_, let outcome) = effect { outcomes.append(outcome) }
                if case .deliver(let message, let room, _) = effect { lastMessage = (message.id, room) }
                if case .deliver(let message, let room, let endpoint) = effect,
                    let found = conference.room(room)?.endpoint(endpoint), found.endpoint.address.network == .sip
                {
                    sipTexts.append("\(message.senderName) to \(found.participant.name): \(message.plainBody)")
                }
                commands += adapter.perform(effect, conference: conference, now: now, wall: wall)
            }
        }
    }

    /// Lets time pass, waking whenever that is asked for.
    @discardableResult
    mutating func pass(_ duration: Duration) -> [XMLElement] {
        let end = now + duration
        while let next = adapter.nextWake, next <= end {
            now = max(now, next)
            run(adapter.wake(conference: conference, now: now, wall: wall))
        }
        now = end
        wall.milliseconds += duration.nanoseconds / 1_000_000
        return adapter.drain()
    }

    /// The stream of a component is up; what goes out before all else.
    mutating func ready(_ domain: String) -> [XMLElement] {
        adapter.componentReady(domain, conference: conference, now: now)
    }

    // MARK: What peers do

    mutating func presence(
        _ from: String, _ to: String, _ type: String? = nil, children: [XMLElement] = []
    ) -> [XMLElement] {
        receive(XMLElement("presence", Namespace.client, ["from": from, "to": to, "type": type]) { children })
    }

    @discardableResult
    mutating func join(_ from: String, _ nick: String, room: String = muc, history: XMLElement? = nil) -> [XMLElement] {
        presence(from, "\(room)/\(nick)", children: [XMLElement("x", Namespace.muc) { history }])
    }

    mutating func message(
        _ from: String, _ to: String, _ type: String?, _ body: String?, id: String = "m1", children: [XMLElement] = []
    ) -> [XMLElement] {
        receive(
            XMLElement("message", Namespace.client, ["from": from, "to": to, "type": type, "id": id]) {
                body.map { XMLElement("body", Namespace.client, text: $0) }
                children
            })
    }

    /// The answer to a request.
    mutating func ask(_ from: String, _ to: String, _ type: String = "get", _ payload: [XMLElement]) -> XMLElement? {
        ids += 1
        return receive(
            XMLElement("iq", Namespace.client, ["from": from, "to": to, "type": type, "id": "ask\(ids)"]) { payload }
        ).first { $0["id"] == "ask\(ids)" }
    }

    /// A SIP caller gets into the room.
    mutating func sipCall(_ name: String, room: String = "demo") -> (leg: LegID, stanzas: [XMLElement]) {
        let leg = sipLegs.next()
        let stanzas =
            say(
                .legOffered(
                    leg,
                    IncomingCall(
                        caller: PeerAddress(.sip, user: name.lowercased(), host: "127.0.0.1:5070"), displayName: name,
                        callee: PeerAddress(.sip, user: room, host: "talk.localhost"), takesText: true)))
            + say(.legAnswered(leg))
        return (leg, stanzas)
    }

    /// A Jingle client gets into the room, by direct session-initiate, and is heard there.
    mutating func jingleCall(_ from: String, sid: String = "sid", isHeard: Bool = true) -> [XMLElement] {
        ids += 1
        let stanzas = receive(
            XMLElement("iq", Namespace.client, ["type": "set", "id": "q\(ids)", "from": from, "to": XMPPBench.focus]) {
                JingleHarness.jingle(.sessionInitiate, sid, [JingleHarness.group("0"), JingleHarness.content()])
            })
        let endpoints = conference.rooms.flatMap(\.participants).flatMap(\.endpoints)
        guard isHeard, let leg = endpoints.last(where: { $0.leg != nil && $0.address.jid?.description == from })?.leg
        else {
            return stanzas
        }
        return stanzas + say(.legSource(leg, UInt32(ids)))
    }

    /// Answers the disco#info that the adapter sent to a caller.
    mutating func answerDisco(_ stanzas: [XMLElement], features: [String]) -> [XMLElement] {
        guard let query = stanzas.first(where: { $0.child("query", Namespace.discoInfo) != nil }) else { return [] }
        return receive(
            query.result {
                DiscoInfo(identities: [.init(category: "client", type: "phone")], features: features).element()
            })
    }
}

extension XMLElement {
    /// Addresses and kind in one line.
    var brief: String {
        "\(name)\(type.map { " " + $0 } ?? "") \(self["from"] ?? "?") > \(self["to"] ?? "?")"
    }

    var mucUser: MUCUser? { child("x", Namespace.mucUser).flatMap { MUCUser($0) } }

    var condition: StanzaError.Condition? { stanzaError?.condition }
}
