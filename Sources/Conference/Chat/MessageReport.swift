/// What a sender wants to hear of its message (RFC 5438 section 6.2, XEP-0184, XEP-0333).
public struct WantedReports: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// That it was delivered: `positive-delivery`.
    public static let delivered = WantedReports(rawValue: 1)
    /// That it could not be: `negative-delivery`.
    public static let failed = WantedReports(rawValue: 2)
    /// That it was shown: `display`.
    public static let displayed = WantedReports(rawValue: 4)
}

/// What became of a message.
public enum MessageStatus: String, Sendable, Hashable {
    case delivered, failed, displayed

    var wanted: WantedReports {
        switch self {
        case .delivered: .delivered
        case .failed: .failed
        case .displayed: .displayed
        }
    }
}

/// Somebody says, or an adapter on its behalf, what became of a message.
public struct MessageReport: Sendable, Hashable {
    public var room: RoomName
    /// As everybody knows the message.
    public var messageID: String
    public var status: MessageStatus
    /// Full address of who says so.
    public var reporter: PeerAddress
    /// The leg of who says so, where it has one.
    public var leg: LegID?
    public var via: TextPath
    /// Whether it was said to everyone in the MUC.
    public var isPublic: Bool

    public init(
        room: RoomName, messageID: String, status: MessageStatus, reporter: PeerAddress, leg: LegID? = nil,
        via: TextPath, isPublic: Bool = false
    ) {
        self.isPublic = isPublic
        self.room = room
        self.messageID = messageID
        self.status = status
        self.reporter = reporter
        self.leg = leg
        self.via = via
    }
}

/// What the sender of a message is told.
public struct ReportNotice: Sendable, Hashable {
    /// The sender's own id of the message.
    public var messageID: String
    public var status: MessageStatus
    /// Whose report it is, by name in the room; nil for the room itself.
    public var reporter: String?
    public var audience: ChatMessage.Audience
}
