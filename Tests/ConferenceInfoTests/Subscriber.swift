import ConferenceInfo

/// The other end of a subscription: applies documents as RFC 4575 section 4.6 has it, keyed by entity.
struct Subscriber {
    private(set) var version: UInt32?
    private(set) var parts: [String: InfoElement] = [:]
    private(set) var users: [String: InfoElement] = [:]
    private(set) var isOver = false

    enum Fault: Error, Equatable { case notFullFirst, versionGap, noEntity, unknownState }

    mutating func apply(_ document: InfoElement) throws(Fault) {
        guard let version = document["version"].flatMap({ UInt32($0) }) else { throw .versionGap }
        if let known = self.version, version != known + 1 { throw .versionGap }
        self.version = version
        switch document["state"] {
        case "full":
            parts = [:]
            users = [:]
        case "partial": if self.parts.isEmpty { throw .notFullFirst }
        case "deleted":
            isOver = true
            return
        default: throw .unknownState
        }
        for child in document.children where child.name != "users" { parts[child.name] = child }
        for user in document.child("users")?.children ?? [] {
            guard let entity = user["entity"] else { throw .noEntity }
            switch user["state"] {
            case "full": users[entity] = user
            case "deleted": users[entity] = nil
            default: throw .unknownState
            }
        }
    }

    /// What somebody would know who was told everything at once.
    static func knowing(_ document: ConferenceInfoDocument) throws(Fault) -> Subscriber {
        var subscriber = Subscriber()
        try subscriber.apply(document.element())
        return subscriber
    }

    func knowsTheSame(as other: Subscriber) -> Bool { parts == other.parts && users == other.users }
}
