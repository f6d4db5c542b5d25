import Conference
import Primitives

extension ConferenceConfiguration {
    static func demo(_ policy: RoomPolicy, announcements: Announcements = .none) -> ConferenceConfiguration {
        var configuration = World.demo
        configuration.policies = [.demo: policy]
        configuration.announcements = announcements
        return configuration
    }
}

extension RoomPolicy {
    /// Alice of the XMPP side moderates.
    static let moderated = RoomPolicy(moderators: [.xmpp("alice@localhost")])
    static let withPINs = RoomPolicy(pin: Redacted("1234"), moderatorPIN: Redacted("98765"))
}

extension World {
    static let alice = PeerAddress.xmpp("alice@localhost/phone")

    /// A call into the moderated room by its moderator.
    @discardableResult
    mutating func callAlice() -> LegID { call(from: World.alice, to: .xmpp("demo@talk.localhost"), name: "Alice") }

    /// Presses keys one after another; gives what followed.
    @discardableResult
    mutating func press(_ keys: String, on leg: LegID) -> [Effect] {
        keys.compactMap { DTMFKey($0) }.flatMap { tell(.legKey(leg, $0)) }
    }

    func who(_ name: String) -> Participant? { room()?.participant(named: name) }

    func callOf(_ name: String) -> Endpoint? { who(name)?.endpoints.first { !$0.isMUC } }
}

extension [Effect] {
    /// What is played to one leg.
    func played(to leg: LegID) -> [Sound] {
        flatMap { effect -> [Sound] in
            if case .play(leg, let announcement) = effect { announcement.sounds } else { [] }
        }
    }
    /// What is played to everybody.
    var playedToAll: [Sound] {
        flatMap { effect -> [Sound] in
            if case .playToMix(_, let announcement) = effect { announcement.sounds } else { [] }
        }
    }
    func mix(of leg: LegID) -> MixID? {
        for case .connect(leg, let mix) in self.reversed() { return mix }
        return nil
    }
    func end(of leg: LegID) -> EndReason? {
        for case .end(leg, let reason) in self { return reason }
        return nil
    }
    func voice(of leg: LegID) -> (isMuted: Bool, isDeaf: Bool)? {
        for case .setVoice(leg, let isMuted, let isDeaf) in self.reversed() { return (isMuted, isDeaf) }
        return nil
    }
    var notices: [String] {
        compactMap {
            if case .deliver(let message, _, _) = $0, message.senderName.isEmpty { message.body } else { nil }
        }
    }
}
