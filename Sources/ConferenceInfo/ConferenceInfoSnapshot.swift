import Conference

/// A room's state as documents tell it, made once for all who are told.
struct ConferenceInfoSnapshot: Sendable {
    /// A participant and how it is written.
    struct Entry: Sendable {
        let participant: Participant
        /// Its URI by its own side, and the one clients get that read `sip:` only.
        let native: String
        let onSIP: String
        let user: InfoUser
    }

    /// One more than that of the snapshot before; the first is 1.
    let serial: UInt64
    let description: InfoDescription
    let conferenceState: InfoConferenceState
    /// Ascending by participant.
    let entries: [Entry]

    var users: [InfoUser] { entries.map(\.user) }

    /// - Parameter previous: the last of this room and context: who did not change since is taken over from it.
    init(_ room: Room, in context: ConferenceInfoContext, after previous: ConferenceInfoSnapshot? = nil) {
        serial = (previous?.serial ?? 0) &+ 1
        description = InfoDescription(room, in: context)
        conferenceState = InfoConferenceState(room)
        entries = ConferenceInfoSnapshot.entries(of: room, context.scheme, after: previous?.entries ?? [])
    }

    private static func entries(of room: Room, _ scheme: InfoUser.Scheme, after previous: [Entry]) -> [Entry] {
        var place = 0
        let known = room.participants.map { participant -> Entry? in
            while place < previous.count, previous[place].participant.id < participant.id { place += 1 }
            guard place < previous.count, previous[place].participant.id == participant.id else { return nil }
            return previous[place]
        }
        let names = zip(room.participants, known).map { participant, known in
            if let known, known.participant.address == participant.address { return (known.native, known.onSIP) }
            let native = InfoUser.nativeEntity(participant)
            guard participant.address.network == .xmpp else { return (native, native) }
            return (native, AddressURI.onSIP(participant.address))
        }
        // A SIP user keeps its own URI; who would be written the same from the other side is written natively.
        var taken = scheme == .sip ? Set(names.map(\.0)) : []
        return room.participants.indices.map { index in
            let (participant, (native, onSIP)) = (room.participants[index], names[index])
            let isWrittenOnSIP = scheme == .sip && onSIP != native && taken.insert(onSIP).inserted
            let entity = isWrittenOnSIP ? onSIP : native
            if let known = known[index], known.participant == participant, known.user.entity == entity { return known }
            return Entry(
                participant: participant, native: native, onSIP: onSIP,
                user: InfoUser(participant, entity: entity))
        }
    }

    /// Who is gone, then who is new or changed, since an earlier snapshot.
    func changes(since earlier: ConferenceInfoSnapshot) -> [InfoUser] {
        var (gone, changed): ([InfoUser], [InfoUser]) = ([], [])
        var place = 0
        for entry in entries {
            while place < earlier.entries.count, earlier.entries[place].participant.id < entry.participant.id {
                gone.append(earlier.entries[place].user)
                place += 1
            }
            guard place < earlier.entries.count, earlier.entries[place].participant.id == entry.participant.id else {
                changed.append(entry.user)
                continue
            }
            let before = earlier.entries[place].user
            place += 1
            if before.entity != entry.user.entity { gone.append(before) }
            if before != entry.user { changed.append(entry.user) }
        }
        gone += earlier.entries[place...].map(\.user)
        if gone.isEmpty { return changed }
        let here = Set(entries.map(\.user.entity))
        return gone.filter { !here.contains($0.entity) }.map { InfoUser(entity: $0.entity, state: .deleted) } + changed
    }
}
