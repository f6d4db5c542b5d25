import Conference
import Primitives
import SIP

/// Text to phones: MESSAGE inside the dialog of their call, or outside where they want it so.
extension SIPAdapter {
    static let plainType = "text/plain;charset=utf-8"
    /// Most bytes of a body over UDP, so that the request stays under 1,300 (RFC 3428 section 8).
    static let datagramText = 800
    /// The same, less what CPIM puts around it.
    static let datagramCPIM = 400
    /// Most messages that one text is cut into: enough for the longest.
    private static let pieces = 200

    mutating func deliver(
        _ message: ChatMessage, _ room: RoomName, _ endpoint: EndpointID, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard let found = conference.room(room)?.endpoint(endpoint), let id = found.endpoint.leg, let leg = legs[id],
            leg.isLive
        else { return [] }
        guard leg.text.isTaken else {
            note(.debug, "\(id): takes no text")
            return []
        }
        let words = message.plainBody
        guard !words.isEmpty else { return [] }
        let prefix = SIPAdapter.prefix(of: message, for: found.participant)
        let pieces = pieces(
            of: words, for: leg, limit: leg.text.takesCPIM ? SIPAdapter.datagramCPIM : SIPAdapter.datagramText)
        func text(_ piece: String, _ index: Int, of count: Int) -> OutgoingTexts.Text {
            let plain = Array((prefix + piece).utf8)
            var text = OutgoingTexts.Text(
                senderName: message.senderName, isPrivate: message.audience != .everyone,
                contentType: SIPAdapter.plainType, body: plain)
            if leg.text.takesCPIM {
                text.contentType = "message/cpim"
                text.body = cpim(message, piece, index, of: count, leg)
                text.plain = plain
            }
            if message.audience != .everyone, !message.wanted.isEmpty {
                text.tracking = OutgoingTexts.Tracking(room: room, messageID: message.id, wanted: message.wanted)
            }
            return text
        }
        var whole = text(words, 0, of: 1)
        if pieces.count > 1 { whole.pieces = pieces.enumerated().map { text($1, $0, of: pieces.count) } }
        queue(id, whole)
        return sendText(id, at: now)
    }

    /// What stands before a text for who cannot tell otherwise who wrote it, and that it is private.
    private static func prefix(of message: ChatMessage, for reader: Participant) -> String {
        let name = message.senderName
        let separator = message.plainSeparator
        switch message.audience {
        case .everyone: return name.isEmpty ? "" : "\(name)\(separator)"
        case .one(let addressee) where reader.name == name && addressee != name:
            return "\(name) (private to \(addressee))\(separator)"
        case .one: return name.isEmpty ? "" : "\(name) (private)\(separator)"
        }
    }

    /// Tells a phone that reads it that somebody writes (RFC 3994); never kept, and not while texts are on their way.
    mutating func deliver(
        _ notice: ComposingNotice, _ room: RoomName, _ endpoint: EndpointID, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard let id = conference.room(room)?.endpoint(endpoint)?.endpoint.leg, let leg = legs[id], leg.isLive,
            leg.text.isTaken, leg.text.takesComposing, leg.text.isIdle
        else { return [] }
        let seconds = UInt32(clamping: notice.lasts.components.seconds)
        let document = Array(IsComposing(isActive: notice.isActive, refresh: seconds).xml.utf8)
        var text = OutgoingTexts.Text(
            senderName: notice.writer, isPrivate: notice.audience != .everyone, contentType: IsComposing.mediaType,
            body: document)
        if leg.text.takesCPIM {
            let (from, to) = addresses(notice.writer, notice.audience, leg)
            text.contentType = "message/cpim"
            text.body =
                CPIMMessage(from: from, to: [to], contentType: IsComposing.mediaType, content: document).bytes
        }
        queue(id, text)
        return sendText(id, at: now)
    }

    /// Tells a phone that asked for it what became of its text (RFC 5438 section 7).
    mutating func deliver(
        _ notice: ReportNotice, _ room: RoomName, _ endpoint: EndpointID, _ conference: Conference, at now: Instant,
        wall: WallTime
    ) -> [Command] {
        guard let id = conference.room(room)?.endpoint(endpoint)?.endpoint.leg, let leg = legs[id], leg.isLive,
            leg.text.isTaken, leg.text.takesCPIM || leg.text.speaksCPIM
        else { return [] }
        let reporter = notice.reporter ?? ""
        let (from, _) = addresses(reporter, .everyone, leg)
        let imdn = IMDN(messageID: notice.messageID, dateTime: wall.iso8601, status: notice.status)
        var wrapped = CPIMMessage(
            from: from, to: [.init(name: nil, uri: SIPURI(leg.peer).description)], dateTime: wall.iso8601,
            messageID: entropy.token(24), contentType: IMDN.mediaType, content: Array(imdn.xml.utf8))
        wrapped.contentDisposition = "notification"
        queue(
            id,
            OutgoingTexts.Text(
                senderName: reporter, isPrivate: notice.audience != .everyone && !reporter.isEmpty,
                contentType: "message/cpim", body: wrapped.bytes))
        return sendText(id, at: now)
    }

    /// Answers a command given as text, to its sender alone: in the call, or from the room to where it came from.
    mutating func answer(_ pending: PendingSubmission, with text: String, at now: Instant) {
        let sender = PeerAddress(pending.request.from.uri).bare
        let leg =
            pending.leg.flatMap { legs[$0] }
            ?? legs.values.values.filter { $0.isLive && $0.isRoom && $0.peer.bare == sender }.min { $0.id < $1.id }
        let room = pending.request.to.uri.user ?? ""
        if let leg, leg.text.isTaken {
            let pieces = pieces(of: text, for: leg, limit: SIPAdapter.datagramText).map { piece in
                OutgoingTexts.Text(
                    senderName: room, isPrivate: false, contentType: SIPAdapter.plainType, body: Array(piece.utf8))
            }
            var whole = OutgoingTexts.Text(
                senderName: room, isPrivate: false, contentType: SIPAdapter.plainType, body: Array(text.utf8))
            if pieces.count > 1 { whole.pieces = pieces }
            queue(leg.id, whole)
            _ = sendText(leg.id, at: now)
            return
        }
        var request = SIPMessage(
            .message, pending.request.contacts.first?.uri ?? pending.request.from.uri,
            from: NameAddress(displayName: room, pending.request.to.uri.withoutParameters),
            to: NameAddress(pending.request.from.uri), callID: entropy.token(24), sequence: 1)
        request.from.tag = entropy.token(10)
        request.set("User-Agent", configuration.software)
        request.setBody(Array(text.prefix(SIPAdapter.datagramText).utf8), type: SIPAdapter.plainType)
        if let id = transactions.send(request, on: pending.flow, at: now) { purposes[id] = .nothing }
    }

    // MARK: Bodies

    /// Who wrote, as the room's address with the name, and to whom; the room itself has no name.
    private func addresses(
        _ name: String, _ audience: ChatMessage.Audience, _ leg: SIPLeg
    ) -> (from: CPIMMessage.Address, to: CPIMMessage.Address) {
        let room = leg.contact.uri.withoutParameters
        var from = room
        if !name.isEmpty { from.parameters["gr"] = name }
        var to = CPIMMessage.Address(name: nil, uri: room.description)
        if case .one(let addressee) = audience {
            var uri = room
            uri.parameters["gr"] = addressee
            to = .init(name: addressee, uri: uri.description)
        }
        return (.init(name: name.isEmpty ? room.user : name, uri: from.description), to)
    }

    /// One piece of a text; each has an identifier of its own. The first has what its sender wrote on the outside; the last,
    /// which goes out when the phone has the others, is known by the text's own identifier and says what the sender wants to
    /// hear.
    private func cpim(
        _ message: ChatMessage, _ piece: String, _ index: Int, of count: Int, _ leg: SIPLeg
    ) -> [UInt8] {
        let (from, to) = addresses(message.senderName, message.audience, leg)
        var wrapped = CPIMMessage(
            from: from, to: [to], dateTime: message.envelope.dateTime ?? message.time.iso8601,
            messageID: SIPAdapter.messageID(message.id, index, of: count), content: Array(piece.utf8))
        if index == count - 1 {
            wrapped.dispositions = MessageContent.dispositions.filter { message.wanted.contains($0.kind) }.map {
                $0.word
            }
        }
        guard index == 0 else { return wrapped.bytes }
        wrapped.subjects = message.envelope.subjects
        wrapped.extensions = message.envelope.headers.map {
            CPIMMessage.Extension(namespace: $0.namespace, name: $0.name, value: $0.value)
        }
        return wrapped.bytes
    }

    /// That of one piece of a text.
    static func messageID(_ id: String, _ index: Int, of count: Int) -> String {
        index == count - 1 ? id : "\(id)-\(index + 1)"
    }

    /// The text, cut so that each piece fits a datagram where the peer is on UDP.
    func pieces(of text: String, for leg: SIPLeg, limit: Int) -> [String] {
        guard !leg.flow.transport.isReliable, text.utf8.count > limit else { return [text] }
        var pieces: [String] = []
        var piece = ""
        for character in text {
            if piece.utf8.count + character.utf8.count > limit, !piece.isEmpty {
                pieces.append(piece)
                piece = ""
                if pieces.count == SIPAdapter.pieces { return pieces }
            }
            piece.append(character)
        }
        return pieces + [piece]
    }

    // MARK: The queue

    @discardableResult
    mutating func queue(_ id: LegID, _ text: OutgoingTexts.Text) -> Bool {
        if legs[id]?.text.add(text) == true { return true }
        note(.warning, "\(id): too many texts wait, one is dropped")
        return false
    }

    /// Sends the next text of a leg, if none is on its way.
    mutating func sendText(_ id: LegID, at now: Instant) -> [Command] {
        var commands: [Command] = []
        while let failed = sendNextText(id, at: now) { commands += failed }
        return commands
    }

    /// - Returns: nil when one is on its way, or none waits; else it has to be done again.
    private mutating func sendNextText(_ id: LegID, at now: Instant) -> [Command]? {
        guard let leg = legs[id], let dialog = leg.dialog, let entry = dialogs[dialog], leg.isLive,
            entry.dialog.state == .confirmed, let text = legs[id]?.text.next()
        else { return nil }
        let isOutside = leg.text.isOutsideDialog
        var flow = requestFlow(entry)
        if !text.pieces.isEmpty, !flow.transport.isReliable {
            guard !leg.text.wantsPieces, transactions.mayTryTCP(insteadOf: flow, at: now) else {
                legs[id]?.text.againInPieces(text)
                return []
            }
            flow = SIPFlow(.tcp, local: flow.local, remote: flow.remote, serverName: flow.serverName)
        }
        let transaction: ClientTransactionID?
        if isOutside {
            var from = NameAddress(displayName: text.senderName, entry.dialog.local.uri.withoutParameters)
            if text.isPrivate { from.uri.parameters["gr"] = text.senderName }
            from.tag = entropy.token(10)
            var request = SIPMessage(
                .message, entry.dialog.remoteTarget, from: from, to: NameAddress(entry.dialog.remote.uri),
                callID: entropy.token(24), sequence: 1)
            request.routes = entry.dialog.routeSet
            request.headers += text.headers
            request.set("User-Agent", configuration.software)
            request.setBody(text.body, type: text.contentType)
            sign(&request, in: CallKey(dialog))
            transaction = transactions.send(request, on: flow, at: now)
            if let transaction {
                purposes[transaction] = .text(id)
                keep(request, transaction, on: flow, in: dialog)
            }
        } else {
            transaction = send(.message, in: dialog, for: .text(id), on: flow, at: now) { request in
                request.from.displayName = text.senderName
                request.headers += text.headers
                request.setBody(text.body, type: text.contentType)
            }
        }
        guard let transaction else {
            note(.warning, "\(id): a text could not be sent")
            legs[id]?.text.lost(text)
            return report(.failed, of: text, to: leg, because: 503)
        }
        legs[id]?.text.sent(text, by: transaction, isOutside: isOutside)
        return nil
    }

    /// What became of a text, said for a phone that does not say so itself (RFC 5438 section 8).
    func report(
        _ status: MessageStatus, of text: OutgoingTexts.Text, to leg: SIPLeg, because code: Int
    ) -> [Command] {
        if let id = text.delivery { return [.instantOutcome(id, text.outcome(status: code), by: nil)] }
        guard let tracking = text.tracking else { return [] }
        switch status {
        case .delivered where tracking.wanted.contains(.delivered) && text.contentType == SIPAdapter.plainType: break
        case .failed where tracking.wanted.contains(.failed): break
        default: return []
        }
        return [
            .report(
                MessageReport(
                    room: tracking.room, messageID: tracking.messageID, status: status, reporter: leg.peer,
                    leg: leg.id, via: .sip))
        ]
    }

    /// What became of a text; the next one follows.
    mutating func textAnswered(
        _ id: LegID, _ transaction: ClientTransactionID, _ response: SIPMessage?, status: Int, at now: Instant
    ) -> [Command] {
        guard let leg = legs[id], let inFlight = leg.text.inFlight, inFlight.transaction == transaction else {
            return []
        }
        var commands: [Command] = []
        // Nobody there, or nothing of that length, by TCP.
        let isTooLong = !inFlight.text.pieces.isEmpty && [408, 413, 503, 513].contains(status)
        switch status {
        case 200..<300:
            if let status = legs[id]?.text.taken(status: status) {
                commands = report(.delivered, of: inFlight.text, to: leg, because: status)
            }
        case _ where isTooLong:
            note(.debug, "\(id): takes no long text by TCP (\(status)), gets it in pieces")
            legs[id]?.text.againInPieces(inFlight.text)
        case 415 where inFlight.text.plain != nil:
            note(.debug, "\(id): reads no CPIM after all, gets plain text")
            legs[id]?.text.learn(types: response?.accept?.filter { $0 != "message/cpim" } ?? [])
            legs[id]?.text.againAsPlain(inFlight.text)
        case 400..<500 where !inFlight.isOutside && ![408, 413, 415, 480, 486].contains(status),
            501 where !inFlight.isOutside:
            note(.debug, "\(id): refused a text in the call with \(status), gets it outside")
            legs[id]?.text.isOutsideDialog = true
            legs[id]?.text.again(inFlight.text)
        default:
            note(.info, "\(id): refused a text with \(status)")
            let isText = inFlight.text.contentType == SIPAdapter.plainType || inFlight.text.plain != nil
            if isText, [405, 415, 501].contains(status) { legs[id]?.text.isTaken = false }
            if !isText, status == 415 { legs[id]?.text.learn(types: response?.accept ?? []) }
            legs[id]?.text.lost(inFlight.text)
            commands = report(.failed, of: inFlight.text, to: leg, because: status)
        }
        return commands + sendText(id, at: now)
    }
}
