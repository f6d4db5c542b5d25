import Conference
import MediaDescription
import Primitives

/// A conference, the commands that come to it, and everything that it said is to be done.
struct World {
    static let demo: ConferenceConfiguration = {
        var configuration = ConferenceConfiguration(
            talkDomain: "talk.localhost", roomsDomain: "rooms.localhost", gatewayDomain: "sip.localhost",
            bridgedDomains: ["localhost"], rooms: [.demo], historyLength: 3,
            routes: [
                GatewayRoute(pattern: "100", host: "127.0.0.1:5080"),
                GatewayRoute(pattern: "+49*", host: "trunk.example.net"),
                GatewayRoute(pattern: "*@pbx.example.net", host: "pbx.example.net"),
            ])
        configuration.calling = CallingConfiguration(
            classes: NumberClasses(NumberPlan(international: "00", national: "0", country: "49")))
        configuration.calling.rules = [CallingRule(.everyone, [.national, .mobile])]
        return configuration
    }()

    var conference: Conference
    private var time = Instant.zero
    private var wall = WallTime(milliseconds: 1_800_000_000_000)
    private var lastLeg: UInt64 = 100
    private var lastSubmission: UInt64 = 0

    init(_ configuration: ConferenceConfiguration = demo, seed: UInt64 = 1) {
        conference = Conference(configuration: configuration, entropy: .seeded(seed))
        _ = conference.open(at: wall)
    }

    @discardableResult
    mutating func tell(_ command: Command) -> [Effect] {
        time += .milliseconds(10)
        wall.milliseconds += 10
        return conference.handle(command, at: time, wall: wall)
    }

    /// Lets time pass; gives what became due in it.
    @discardableResult
    mutating func run(for duration: Duration) -> [Effect] {
        let end = time + duration
        var effects: [Effect] = []
        while let due = conference.nextWake, due <= end {
            advance(to: due)
            effects += conference.wake(at: due, wall: wall)
        }
        advance(to: end)
        return effects
    }

    /// Lets time pass, and nothing become due.
    mutating func pass(_ duration: Duration) { advance(to: time + duration) }

    /// Stops, as far as quotas go.
    mutating func settle() -> [Effect] { conference.settle(at: time, wall: wall) }

    private mutating func advance(to end: Instant) {
        guard end > time else { return }
        wall.milliseconds += (end - time).nanoseconds / 1_000_000
        time = end
    }

    /// The clock has come to that point.
    @discardableResult
    mutating func wake(at due: Instant) -> [Effect] {
        advance(to: due)
        return conference.wake(at: time, wall: wall)
    }

    mutating func newLeg() -> LegID {
        lastLeg += 1
        return LegID(lastLeg)
    }

    mutating func offer(
        _ leg: LegID, from caller: PeerAddress, to callee: PeerAddress = .sip("demo@127.0.0.1"), name: String? = nil,
        takesText: Bool = true
    ) -> [Effect] {
        tell(.legOffered(leg, IncomingCall(caller: caller, displayName: name, callee: callee, takesText: takesText)))
    }

    /// A call into a room, offered and answered.
    @discardableResult
    mutating func call(
        from caller: PeerAddress, to callee: PeerAddress = .sip("demo@127.0.0.1"), name: String? = nil,
        takesText: Bool = true
    ) -> LegID {
        let leg = newLeg()
        _ = offer(leg, from: caller, to: callee, name: name, takesText: takesText)
        tell(.legAnswered(leg))
        return leg
    }

    @discardableResult
    mutating func enter(
        _ jid: PeerAddress, nick: String, room: RoomName = .demo, isJoin: Bool = true, show: String? = nil,
        status: String? = nil, history: Int? = nil
    ) -> [Effect] {
        tell(
            .mucEnter(
                MUCEntry(
                    room: room, occupant: jid, nick: nick, show: show, status: status, isJoin: isJoin,
                    maxHistoryMessages: history)))
    }

    @discardableResult
    mutating func say(
        _ body: String, by sender: PeerAddress, via: TextPath, leg: LegID? = nil, room: RoomName = .demo,
        to audience: Submission.Audience = .everyone, clientID: String? = nil
    ) -> [Effect] {
        lastSubmission += 1
        return tell(
            .submit(
                Submission(
                    id: SubmissionID(lastSubmission), room: room, sender: sender, leg: leg, via: via,
                    audience: audience, body: body, clientID: clientID)))
    }

    func room(_ name: RoomName = .demo) -> Room? { conference.room(name) }
    func names(_ name: RoomName = .demo) -> [String] { room(name)?.participants.map(\.name) ?? [] }

    func endpoint(of leg: LegID, in name: RoomName = .demo) -> EndpointID? {
        room(name)?.participants.flatMap(\.endpoints).first { $0.leg == leg }?.id
    }

    func endpoint(of occupant: PeerAddress, in name: RoomName = .demo) -> EndpointID? {
        room(name)?.participants.flatMap(\.endpoints).first { $0.isMUC && $0.address == occupant }?.id
    }
}

extension RoomName {
    static let demo = RoomName("demo") ?? RoomName.any
    static let side = RoomName("side") ?? RoomName.any
    private static var any: RoomName { preconditionFailure("a literal room name is refused") }
}

extension PeerAddress {
    static func sip(_ text: String) -> PeerAddress { parse(.sip, text) }
    static func xmpp(_ text: String) -> PeerAddress { parse(.xmpp, text) }

    private static func parse(_ network: Network, _ text: String) -> PeerAddress {
        let slash = network == .xmpp ? text.firstIndex(of: "/") : nil
        let bare = text[..<(slash ?? text.endIndex)]
        let resource = slash.map { String(text[text.index(after: $0)...]) }
        guard let at = bare.lastIndex(of: "@") else {
            return PeerAddress(network, user: "", host: String(bare), resource: resource)
        }
        return PeerAddress(
            network, user: String(bare[..<at]), host: String(bare[bare.index(after: at)...]), resource: resource)
    }
}

extension [Effect] {
    /// To whom a message was given, in order.
    var deliveries: [EndpointID] { compactMap { if case .deliver(_, _, let endpoint) = $0 { endpoint } else { nil } } }
    var message: ChatMessage? { compactMap { if case .deliver(let message, _, _) = $0 { message } else { nil } }.first }
    var outcome: SubmissionOutcome? {
        compactMap { if case .submitted(_, let outcome) = $0 { outcome } else { nil } }.first
    }
    var refusal: SubmissionRefusal? { if case .refused(let refusal) = outcome { refusal } else { nil } }
    var reply: String? { if case .reply(let text) = outcome { text } else { nil } }
    var changes: [RosterChange] {
        flatMap { if case .roomChanged(_, let changes) = $0 { changes } else { [RosterChange]() } }
    }
    var records: [Record] { compactMap { if case .store(let record) = $0 { record } else { nil } } }
    var welcome: (history: [ChatMessage], subject: Subject?, created: Bool)? {
        for case .welcome(_, _, let history, let subject, let created) in self { return (history, subject, created) }
        return nil
    }
    var entryRefusal: MUCRefusal? {
        for case .refuseEntry(_, let refusal) in self { return refusal }
        return nil
    }
}
