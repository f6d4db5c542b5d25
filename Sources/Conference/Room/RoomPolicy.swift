public import Primitives

/// What the operator decided about one room.
public struct RoomPolicy: Sendable, Hashable {
    /// Who waits at the door although nothing else keeps him out.
    public enum WaitingRoom: String, Sendable, Hashable, CaseIterable {
        case none
        /// Everybody, until a moderator is there.
        case moderator
        /// Everybody, until a moderator admits him.
        case admission
    }

    /// How the others hear who comes and goes.
    public enum Names: String, Sendable, Hashable, CaseIterable {
        case none
        /// As callers say it themselves at the door.
        case recorded
        /// As a synthesiser reads the name that is shown.
        case spoken
    }

    /// Digits that everybody has to give.
    public var pin: Redacted<String>?
    /// Digits that make whoever gives them a moderator.
    public var moderatorPIN: Redacted<String>?
    /// Bare addresses of who is a moderator and is asked for nothing.
    public var moderators: Set<PeerAddress>
    public var waitingRoom: WaitingRoom
    /// Most participants; nil for as many as any room may have.
    public var maximumParticipants: Int?
    /// Whether who comes is muted until he unmutes himself.
    public var mutesOnEntry: Bool
    /// Whether the first to come is a moderator where the others are not named.
    public var firstIsModerator: Bool
    /// Of the spoken words; nil for the server's.
    public var language: String?
    public var names: Names
    /// What it looks like to XMPP clients; nil for the picture of all rooms.
    public var picture: Picture?

    public init(
        pin: Redacted<String>? = nil, moderatorPIN: Redacted<String>? = nil, moderators: Set<PeerAddress> = [],
        waitingRoom: WaitingRoom = .none, maximumParticipants: Int? = nil, mutesOnEntry: Bool = false,
        firstIsModerator: Bool = false, language: String? = nil, names: Names = .none
    ) {
        self.pin = pin
        self.moderatorPIN = moderatorPIN
        self.moderators = moderators
        self.waitingRoom = waitingRoom
        self.maximumParticipants = maximumParticipants
        self.mutesOnEntry = mutesOnEntry
        self.firstIsModerator = firstIsModerator
        self.language = language
        self.names = names
    }

    /// What digits, or a MUC password, open.
    enum Key: Sendable, Hashable { case nothing, door, moderation }

    /// Both PINs are compared whole, whatever was given, so that the time taken tells nothing about them.
    func key(_ given: String) -> Key {
        let moderation = RoomPolicy.isSame(given, moderatorPIN?.secret)
        let door = RoomPolicy.isSame(given, pin?.secret)
        return moderation ? .moderation : door ? .door : .nothing
    }

    /// The most digits that a PIN of this room has.
    var longestPIN: Int { max(pin?.secret.count ?? 0, moderatorPIN?.secret.count ?? 0) }

    private static func isSame(_ given: String, _ secret: String?) -> Bool {
        let (a, b) = (Array(given.utf8), Array((secret ?? "").utf8))
        var difference = a.count ^ b.count
        for index in 0..<64 {
            difference |= Int(index < a.count ? a[index] : 0) ^ Int(index < b.count ? b[index] : 0)
        }
        return secret != nil && !b.isEmpty && difference == 0
    }
}
