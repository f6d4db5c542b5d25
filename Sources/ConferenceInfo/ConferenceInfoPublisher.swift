public import Conference

/// What one subscriber has been told, and so what it is to be told next (RFC 4575 section 4.4).
///
/// States: nothing told → `update` gives the full state as version 1 → each `update` gives what changed since, one
/// version on, or nothing → `deleted` ends it.
public struct ConferenceInfoPublisher: Sendable {
    public let entity: String
    private let uris: [String]
    private let scheme: InfoUser.Scheme
    /// The full state as of the last document; nil before the first.
    private var told: ConferenceInfoDocument?
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
        guard let told else { return full(room) }
        let next = ConferenceInfoDocument(room, entity: entity, uris: uris, scheme: scheme, version: version &+ 1)
        guard let change = next.change(from: told) else { return nil }
        version = next.version
        self.told = next
        return change
    }

    /// Everything, for a first or a refreshed subscription (RFC 4575 section 3.5).
    public mutating func full(_ room: Room) -> ConferenceInfoDocument {
        version &+= 1
        let document = ConferenceInfoDocument(room, entity: entity, uris: uris, scheme: scheme, version: version)
        told = document
        return document
    }

    /// The conference is over (RFC 4575 section 5.1).
    public mutating func deleted() -> ConferenceInfoDocument {
        version &+= 1
        told = nil
        return ConferenceInfoDocument(entity: entity, state: .deleted, version: version)
    }
}

extension ConferenceInfoDocument {
    /// The partial document that leads from an earlier full state to this one; nil when they tell the same.
    func change(from earlier: ConferenceInfoDocument) -> ConferenceInfoDocument? {
        var before: [String: InfoUser] = [:]
        for user in earlier.users { before[user.entity] = user }
        let here = Set(users.map(\.entity))
        let changed = users.filter { before[$0.entity] != $0 }
        let gone = earlier.users.filter { !here.contains($0.entity) }.map {
            InfoUser(entity: $0.entity, state: .deleted)
        }
        let partial = ConferenceInfoDocument(
            entity: entity, state: .partial, version: version,
            description: description == earlier.description ? nil : description,
            conferenceState: conferenceState == earlier.conferenceState ? nil : conferenceState,
            users: gone + changed)
        let isEmpty = partial.description == nil && partial.conferenceState == nil && partial.users.isEmpty
        return isEmpty ? nil : partial
    }
}
