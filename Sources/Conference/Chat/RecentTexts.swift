/// A text that was said lately, as others refer to it.
public struct RecentText: Sendable, Hashable {
    /// As everybody knows it.
    public let id: String
    /// As its sender knows it.
    public let clientID: String?
    public let sender: PeerAddress
    public let senderName: String
    /// Its first words, on one line.
    public let words: String

    private static let longest = 60

    fileprivate init() {
        (id, clientID, senderName, words) = ("", nil, "", "")
        sender = PeerAddress(.xmpp, user: "", host: "")
    }

    init(_ message: ChatMessage) {
        id = message.id
        clientID = message.clientID
        sender = message.sender
        senderName = message.senderName
        var line = ""
        for character in message.plainBody.drop(while: \.isWhitespace) {
            if line.count == RecentText.longest { break }
            line.append(character.isWhitespace ? " " : character)
        }
        while line.last == " " { line.removeLast() }
        words = line.count == RecentText.longest ? line + "…" : line
    }
}

/// The last texts of a room, whether a history is kept or not.
struct RecentTexts: Sendable {
    private struct Entry: Sendable {
        let text: RecentText
        /// Who may know of it; nil for everyone.
        let readers: Set<ParticipantID>?

        /// For nobody.
        static let nothing = Entry(text: RecentText(), readers: [])
    }

    static let limit = 100
    private var entries: [Entry] = []
    /// The oldest, once there are as many as may be.
    private var oldest = 0

    /// - Parameter readers: nil for everyone.
    mutating func add(_ message: ChatMessage, readers: Set<ParticipantID>? = nil) {
        guard !message.plainBody.isEmpty else { return }
        let entry = Entry(text: RecentText(message), readers: readers)
        if entries.count < RecentTexts.limit { return entries.append(entry) }
        entries[oldest] = entry
        oldest = (oldest + 1) % RecentTexts.limit
    }

    /// It was taken back.
    mutating func forget(_ id: String) {
        for index in entries.indices where entries[index].text.id == id { entries[index] = Entry.nothing }
    }

    /// The latest with that id, everybody's or its sender's own.
    func find(_ reference: String, for readers: Set<ParticipantID>?) -> RecentText? {
        let found = entries.indices.lazy.map { entries[(oldest + entries.count - 1 - $0) % entries.count] }
            .filter { $0.readers == nil || $0.readers == readers }
        return found.first { $0.text.id == reference }?.text ?? found.first { $0.text.clientID == reference }?.text
    }
}

extension Conference {
    /// The text that somebody refers to, as far as who will read of it knows that text.
    /// - Parameter audience: whom the words that refer to it are for.
    public func recentText(
        _ reference: String, in name: RoomName, by writer: PeerAddress, via: TextPath, for audience: Submission.Audience
    ) -> RecentText? {
        guard let state = states[name] else { return nil }
        var readers: Set<ParticipantID>?
        switch recipient(of: audience, in: state.room) {
        case .everyone: break
        case .one(let one):
            guard let sender = sender(writer, leg: nil, via: via, in: state.room) else { return nil }
            readers = [one.id, sender.participant.id]
        case .nobody: return nil
        }
        return state.recent.find(reference, for: readers)
    }
}
