import Primitives

/// What becomes of messages, told to their senders (RFC 5438, XEP-0184, XEP-0333).
///
/// Of a text to everyone the room itself says that it was delivered, once it is kept and handed out; who shows it says so
/// itself. Of a private text its one reader says all.
extension Conference {
    /// Whether somebody will report what became of a message.
    public func awaitsReport(of messageID: String) -> Bool {
        awaited[messageID].map { $0.addressee != nil } ?? (correspondence[messageID] != nil)
    }

    /// Remembers that a sender wants to hear of a message.
    mutating func awaitReports(
        of message: ChatMessage, _ submission: Submission, from sender: Sender, addressee: ParticipantID?
    ) {
        guard let clientID = submission.clientID, !submission.wanted.isEmpty else { return }
        awaited.add(
            AwaitedReports.Entry(
                room: submission.room, sender: sender.participant.id, endpoint: sender.endpoint?.id,
                clientID: clientID, wanted: submission.wanted, audience: message.audience, addressee: addressee),
            for: message.id)
    }

    /// The room took a text to everyone: its sender is told, where the answer to the text does not say so itself.
    func roomDelivered(_ message: ChatMessage, _ submission: Submission, from sender: Sender) -> [Effect] {
        guard submission.via == .sip, let entry = awaited[message.id], entry.wanted.contains(.delivered) else {
            return []
        }
        let notice = ReportNotice(
            messageID: entry.clientID, status: .delivered, reporter: nil, audience: message.audience)
        return destinations(of: sender.participant, entry.endpoint).map { .report(notice, submission.room, $0) }
    }

    /// A report arrives: from one the message was for, and the first of its kind.
    mutating func report(_ report: MessageReport) -> [Effect] {
        guard let room = states[report.room]?.room,
            let reporter = sender(report.reporter, leg: report.leg, via: report.via, in: room)?.participant
        else { return [] }
        let id = awaited.messageID(report.messageID, in: report.room, for: reporter.id)
        guard let entry = awaited[id], entry.room == report.room, entry.wanted.contains(report.status.wanted),
            (entry.addressee ?? reporter.id) == reporter.id, reporter.id != entry.sender,
            let writer = room.participants[entry.sender], awaited.note(report.status, of: id, by: reporter.id)
        else { return [] }
        let notice = ReportNotice(
            messageID: entry.clientID, status: report.status, reporter: reporter.name, audience: entry.audience)
        // Who is in the MUC sees there what is said there to everyone.
        let isSeen = report.isPublic && room.participants.count <= Conference.composingCrowd
        return destinations(of: writer, entry.endpoint).filter { !isSeen || room.endpoint($0)?.endpoint.isMUC != true }
            .map { .report(notice, room.name, $0) }
    }

    /// Where a sender hears of its message: where it wrote it; else, if that is no endpoint or gone, wherever it reads.
    private func destinations(of sender: Participant, _ endpoint: EndpointID?) -> [EndpointID] {
        if let endpoint, sender.endpoints.contains(where: { $0.id == endpoint }) { return [endpoint] }
        return sender.readers.map(\.id)
    }
}
