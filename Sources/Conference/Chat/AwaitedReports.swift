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
    /// How readers may know a message too: by its sender's own id, which only is one's own among those for the same
    /// reader.
    private struct OwnID: Hashable {
        let room: RoomName
        let clientID: String
        let addressee: ParticipantID?

        init(_ entry: Entry) {
            self.init(room: entry.room, clientID: entry.clientID, addressee: entry.addressee)
        }

        init(room: RoomName, clientID: String, addressee: ParticipantID?) {
            self.room = room
            self.clientID = clientID
            self.addressee = addressee
        }
    }

    private var entries: [String: Entry] = [:]
    private var messageIDs: [OwnID: String] = [:]
    /// In the order they came; a ring once it is full.
    private var order: [String] = []
    private var oldest = 0

    subscript(_ messageID: String) -> Entry? { entries[messageID] }

    /// The id by which everybody knows a message, from whichever id a reader of it has.
    func messageID(_ id: String, in room: RoomName, for reader: ParticipantID) -> String {
        if entries[id] != nil { return id }
        return messageIDs[OwnID(room: room, clientID: id, addressee: reader)]
            ?? messageIDs[OwnID(room: room, clientID: id, addressee: nil)] ?? id
    }

    mutating func add(_ entry: Entry, for messageID: String) {
        entries[messageID] = entry
        messageIDs[OwnID(entry)] = messageID
        if order.count < AwaitedReports.limit { return order.append(messageID) }
        if let old = entries.removeValue(forKey: order[oldest]), messageIDs[OwnID(old)] == order[oldest] {
            messageIDs[OwnID(old)] = nil
        }
        order[oldest] = messageID
        oldest = (oldest + 1) % AwaitedReports.limit
    }

    /// Notes a report.
    /// - Returns: whether it is the first of its kind from that participant.
    mutating func note(_ status: MessageStatus, of messageID: String, by participant: ParticipantID) -> Bool {
        entries[messageID]?.reported.insert(Reported(participant: participant, status: status)).inserted ?? false
    }
}
