/// Messages of which their senders want to hear what becomes, the last ones of them.
struct AwaitedReports: Sendable {
    struct Entry: Sendable {
        let room: RoomName
        let sender: ParticipantID
        /// The endpoint it came from; nil for a device that is not in the room itself.
        let endpoint: EndpointID?
        let clientID: String
        let wanted: WantedReports
        let audience: ChatMessage.Audience
        /// Whom it is for; nil for everyone.
        let addressee: ParticipantID?
        /// Who has reported what.
        fileprivate(set) var reported: Set<Reported> = []

        init(
            room: RoomName, sender: ParticipantID, endpoint: EndpointID?, clientID: String, wanted: WantedReports,
            audience: ChatMessage.Audience, addressee: ParticipantID?
        ) {
            self.room = room
            self.sender = sender
            self.endpoint = endpoint
            self.clientID = clientID
            self.wanted = wanted
            self.audience = audience
            self.addressee = addressee
        }
    }

    struct Reported: Hashable, Sendable {
        let participant: ParticipantID
        let status: MessageStatus
    }

    private static let limit = 2048
    private var entries: [String: Entry] = [:]
    /// In the order they came; a ring once it is full.
    private var order: [String] = []
    private var oldest = 0

    subscript(_ messageID: String) -> Entry? { entries[messageID] }

    mutating func add(_ entry: Entry, for messageID: String) {
        entries[messageID] = entry
        if order.count < AwaitedReports.limit { return order.append(messageID) }
        entries[order[oldest]] = nil
        order[oldest] = messageID
        oldest = (oldest + 1) % AwaitedReports.limit
    }

    /// Notes a report.
    /// - Returns: whether it is the first of its kind from that participant.
    mutating func note(_ status: MessageStatus, of messageID: String, by participant: ParticipantID) -> Bool {
        entries[messageID]?.reported.insert(Reported(participant: participant, status: status)).inserted ?? false
    }
}
