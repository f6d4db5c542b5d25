public import Conference

/// What one subscriber has been told, and so what it is to be told next (RFC 4575 section 4.4).
///
/// States: nothing told → `update` gives the full state as version 1 → each `update` gives what changed since, one
/// version on, or nothing → `deleted` ends it.
public struct ConferenceInfoPublisher: Sendable {
    public let entity: String
    private let uris: [String]
    private let scheme: InfoUser.Scheme
    /// The state as of the last document; nil before the first.
    private var told: ConferenceInfoSnapshot?
    /// The version of the last document; 0 before the first.
    public private(set) var version: UInt32 = 0

    /// - Parameters:
    ///   - entity: the conference URI as this subscriber knows it.
    ///   - uris: other addresses of the room, as `conf-uris`.
    ///   - scheme: how XMPP users are written.
    public init(entity: String, uris: [String] = [], scheme: InfoUser.Scheme = .native) {
        self.entity = entity
        self.uris = uris
        self.scheme = scheme
    }

    /// The first full document, then what changed since the last; nil when nothing did.
    public mutating func update(_ room: Room) -> ConferenceInfoDocument? {
        update(ConferenceInfoSnapshot(room, scheme: scheme, after: told))
    }

    /// Everything, for a first or a refreshed subscription (RFC 4575 section 3.5).
    public mutating func full(_ room: Room) -> ConferenceInfoDocument {
        full(ConferenceInfoSnapshot(room, scheme: scheme, after: told))
    }

    /// The same from a snapshot of this publisher's scheme, which many can share.
    public mutating func update(_ snapshot: ConferenceInfoSnapshot) -> ConferenceInfoDocument? {
        guard let told else { return full(snapshot) }
        let partial = ConferenceInfoDocument(
            entity: entity, state: .partial, version: version &+ 1,
            description: snapshot.description == told.description ? nil : description(of: snapshot),
            conferenceState: snapshot.conferenceState == told.conferenceState ? nil : snapshot.conferenceState,
            users: snapshot.changes(since: told))
        self.told = snapshot
        guard partial.description != nil || partial.conferenceState != nil || !partial.users.isEmpty else { return nil }
        version = partial.version
        return partial
    }

    /// The same from a snapshot of this publisher's scheme, which many can share.
    public mutating func full(_ snapshot: ConferenceInfoSnapshot) -> ConferenceInfoDocument {
        version &+= 1
        told = snapshot
        return ConferenceInfoDocument(
            entity: entity, state: .full, version: version, description: description(of: snapshot),
            conferenceState: snapshot.conferenceState, users: snapshot.users)
    }

    /// The conference is over (RFC 4575 section 5.1).
    public mutating func deleted() -> ConferenceInfoDocument {
        version &+= 1
        told = nil
        return ConferenceInfoDocument(entity: entity, state: .deleted, version: version)
    }

    private func description(of snapshot: ConferenceInfoSnapshot) -> InfoDescription {
        var description = snapshot.description
        description.uris = uris
        return description
    }
}
