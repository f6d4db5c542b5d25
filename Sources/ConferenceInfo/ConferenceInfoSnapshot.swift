public import Conference

/// A room's state as documents tell it, made once for all who are told, with what changed since the one before.
public struct ConferenceInfoSnapshot: Sendable {
    let scheme: InfoUser.Scheme
    /// One more than that of the snapshot before.
    let serial: UInt64
    let description: InfoDescription
    let conferenceState: InfoConferenceState
    let users: [InfoUser]
    /// Who is new, changed or gone since the snapshot before; of the first, nobody.
    let changes: [InfoUser]

    /// - Parameters:
    ///   - scheme: how XMPP users are written.
    ///   - previous: the last of this room and scheme.
    public init(_ room: Room, scheme: InfoUser.Scheme = .native, after previous: ConferenceInfoSnapshot? = nil) {
        self.scheme = scheme
        serial = (previous?.serial ?? 0) &+ 1
        description = InfoDescription(room, uris: [])
        conferenceState = InfoConferenceState(room)
        users = InfoUser.users(of: room, scheme: scheme)
        changes = previous.map { [users] in InfoUser.changes(from: $0.users, to: users) } ?? []
    }

    /// Who is new, changed or gone since an earlier snapshot.
    func changes(since earlier: ConferenceInfoSnapshot) -> [InfoUser] {
        if earlier.serial == serial { return [] }
        return earlier.serial &+ 1 == serial ? changes : InfoUser.changes(from: earlier.users, to: users)
    }
}

extension InfoUser {
    /// Deleted, then changed and new ones.
    static func changes(from earlier: [InfoUser], to later: [InfoUser]) -> [InfoUser] {
        let before = Dictionary(earlier.map { ($0.entity, $0) }) { first, _ in first }
        let here = Set(later.map(\.entity))
        return earlier.filter { !here.contains($0.entity) }.map { InfoUser(entity: $0.entity, state: .deleted) }
            + later.filter { before[$0.entity] != $0 }
    }
}
