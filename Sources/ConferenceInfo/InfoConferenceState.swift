import Conference

/// `conference-state` (RFC 4575 section 5.5).
public struct InfoConferenceState: Sendable, Hashable {
    public var userCount: Int
    /// Whether anybody is there.
    public var isActive: Bool
    public var isLocked: Bool

    public init(userCount: Int, isActive: Bool, isLocked: Bool) {
        self.userCount = userCount
        self.isActive = isActive
        self.isLocked = isLocked
    }

    init(_ room: Room) {
        self.init(
            userCount: room.participants.count, isActive: !room.participants.isEmpty, isLocked: room.isLocked)
    }

    var element: InfoElement {
        InfoElement(
            "conference-state",
            children: [
                InfoElement("user-count", text: String(userCount)),
                InfoElement("active", text: String(isActive)),
                InfoElement("locked", text: String(isLocked)),
            ])
    }
}
