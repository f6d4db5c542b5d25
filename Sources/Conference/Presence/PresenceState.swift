/// How somebody is there on one device (RFC 3863 section 4.1, RFC 6121 section 4.7).
public struct PresenceState: Sendable, Hashable {
    /// In what way, beyond being there: `<show/>`.
    public enum Show: String, Sendable, Hashable, CaseIterable { case away, chat, dnd, xa }

    /// The tuple's id, the resource.
    public var device: String
    /// `basic`; the lack of `unavailable`.
    public var isOpen: Bool
    public var show: Show?
    /// In own words: `<note/>`, `<status/>`.
    public var status: String?
    /// As XMPP counts, -128 to 127.
    public var priority: Int

    public init(device: String, isOpen: Bool, show: Show? = nil, status: String? = nil, priority: Int = 0) {
        self.device = device
        self.isOpen = isOpen
        self.show = show
        self.status = status
        self.priority = min(127, max(-128, priority))
    }

    /// What stands for all devices: of those that are there the one that is preferred.
    public static func best(of states: [PresenceState]) -> PresenceState? {
        states.max { a, b in (a.isOpen ? a.priority + 256 : 0) < (b.isOpen ? b.priority + 256 : 0) }
    }
}

/// Who watches whom across the gateway (RFC 8048), both as each side knows them. All addresses are bare.
public struct PresenceLink: Sendable, Hashable {
    /// On the watcher's side: its own address, and the one it watches.
    public let watcher: PeerAddress
    public let watched: PeerAddress
    /// On the side of who is watched: the watcher as it is seen there, and the own address.
    public let watcherThere: PeerAddress
    public let presentity: PeerAddress

    public init(watcher: PeerAddress, watched: PeerAddress, watcherThere: PeerAddress, presentity: PeerAddress) {
        self.watcher = watcher
        self.watched = watched
        self.watcherThere = watcherThere
        self.presentity = presentity
    }
}

/// What passes along a link: the first two from the watcher's side to the other, the rest back.
public enum PresenceEvent: Sendable, Hashable {
    case watch
    case forget
    case granted
    case refused
    /// On which devices who is watched is there; nil where that is not known, or no longer.
    case states([PresenceState]?)
}
