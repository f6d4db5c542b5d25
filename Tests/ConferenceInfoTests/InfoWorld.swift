import Conference
import MediaDescription
import Primitives

extension SplitMix64 {
    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &self)] }
}

/// A real conference with one room, driven by commands.
struct InfoWorld {
    static let demo = RoomName("demo")
    private(set) var conference: Conference
    private var wall = WallTime(milliseconds: 1_800_000_000_000)
    private var lastLeg: UInt64 = 0
    private(set) var legs: [LegID] = []
    private(set) var occupants: [PeerAddress] = []

    init() {
        conference = Conference(
            configuration: ConferenceConfiguration(
                talkDomain: "talk.localhost", roomsDomain: "rooms.localhost", gatewayDomain: "sip.localhost",
                bridgedDomains: ["localhost"], rooms: [Self.demo].compactMap(\.self),
                routes: [GatewayRoute(pattern: "1??", host: "127.0.0.1:5080")]),
            entropy: Entropy { 4 })
    }

    var room: Room {
        Self.demo.flatMap(conference.room)
            ?? Room(name: Self.demo ?? RoomNames.any, mix: MixID(0), created: WallTime(milliseconds: 0))
    }

    mutating func tell(_ command: Command) {
        wall.milliseconds += 1000
        _ = conference.handle(command, at: .zero, wall: wall)
    }

    @discardableResult
    mutating func call(
        _ caller: PeerAddress, name: String? = nil, source: UInt32? = nil, languages: [String] = []
    ) -> LegID {
        lastLeg += 1
        let leg = LegID(lastLeg)
        let callee = PeerAddress(.sip, user: "demo", host: "127.0.0.1")
        var call = IncomingCall(caller: caller, displayName: name, callee: callee, takesText: true)
        call.languages = languages
        tell(.legOffered(leg, call))
        tell(.legAnswered(leg))
        if let source { tell(.legSource(leg, source)) }
        legs.append(leg)
        return leg
    }

    /// Somebody in a call has somebody called in; the leg that is rung.
    mutating func invite(_ target: PeerAddress, by leg: LegID) -> LegID {
        guard let demo = Self.demo else { return LegID(0) }
        tell(.invite(Invitation(id: nil, room: demo, target: target, by: .leg(leg))))
        return room.participants.last?.endpoints.last?.leg ?? LegID(0)
    }

    mutating func hangUp(_ leg: LegID) {
        tell(.legEnded(leg, .hangup))
        legs.removeAll { $0 == leg }
    }

    mutating func enter(_ occupant: PeerAddress, nick: String) {
        guard let demo = Self.demo else { return }
        tell(.mucEnter(MUCEntry(room: demo, occupant: occupant, nick: nick, isJoin: true)))
        occupants.append(occupant)
    }

    mutating func leave(_ occupant: PeerAddress) {
        guard let demo = Self.demo else { return }
        tell(.mucLeave(demo, occupant: occupant, status: nil))
        occupants.removeAll { $0 == occupant }
    }

    mutating func subject(_ text: String, by occupant: PeerAddress) {
        guard let demo = Self.demo else { return }
        tell(.mucSubject(SubmissionID(1), demo, occupant: occupant, subject: text))
    }
}

private enum RoomNames {
    static var any: RoomName { preconditionFailure("a literal room name is refused") }
}
