import Conference
import Primitives

extension World {
    static let bob = PeerAddress.xmpp("bob@localhost/pc")
    static let carol = PeerAddress.xmpp("carol@localhost/pc")

    /// A room of Alice's own, made by joining it.
    static func owned(_ configuration: ConferenceConfiguration = demo) -> World {
        var world = World(configuration)
        world.enter(alice, nick: "Alice", room: .side)
        return world
    }

    @discardableResult
    mutating func govern(_ asker: PeerAddress, _ wish: Governance, room: RoomName = .side) -> [Effect] {
        tell(.govern(SubmissionID(7000), room, by: asker, wish))
    }

    @discardableResult
    mutating func affiliate(
        _ asker: PeerAddress, _ address: PeerAddress, _ affiliation: Affiliation, room: RoomName = .side,
        reason: String? = nil
    ) -> [Effect] {
        govern(asker, .affiliate([AffiliationChange(.address(address), affiliation, reason: reason)]), room: room)
    }

    @discardableResult
    mutating func configure(
        _ asker: PeerAddress = alice, room: RoomName = .side, _ change: (inout RoomSettings) -> Void
    ) -> [Effect] {
        var settings = conference.settings(of: room, for: asker) ?? RoomSettings()
        change(&settings)
        return govern(asker, .configure(settings), room: room)
    }

    func affiliation(_ name: String, room: RoomName = .side) -> Affiliation? {
        self.room(room)?.participant(named: name)?.affiliation
    }

    func role(_ name: String, room: RoomName = .side) -> Role? { self.room(room)?.participant(named: name)?.role }
}

extension [Effect] {
    var exits: [MUCExit] {
        compactMap { if case .expelled(_, _, _, _, let exit) = $0 { exit } else { nil } }
    }
    /// Whether a wish was granted.
    var isDone: Bool { if case .reply = outcome { true } else { false } }
}
