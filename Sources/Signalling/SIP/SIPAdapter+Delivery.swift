import Conference
import Primitives
import SIP

/// Text to phones: MESSAGE inside the dialog of their call, or outside where they want it so.
extension SIPAdapter {
    /// Most bytes of a body over UDP, so that the request stays under 1,300 (RFC 3428 section 8).
    private static let datagramText = 800
    /// The same, less what CPIM puts around it.
    private static let datagramCPIM = 400
    /// Most messages that one text is cut into.
    private static let pieces = 20

    mutating func deliver(
        _ message: ChatMessage, _ room: RoomName, _ endpoint: EndpointID, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard let id = conference.room(room)?.endpoint(endpoint)?.endpoint.leg, let leg = legs[id], leg.isLive
        else { return [] }
        guard leg.text.isTaken else {
            note(.debug, "\(id): takes no text")
            return []
        }
        let isPrivate = message.audience != .everyone
        if leg.text.takesCPIM {
            for (index, piece) in pieces(of: message.body, for: leg, limit: SIPAdapter.datagramCPIM).enumerated() {
                queue(id, message.senderName, isPrivate: isPrivate, cpim(message, piece, index, leg))
            }
        } else {
            let name = message.senderName.isEmpty ? "" : "\(message.senderName): "
            let prefix = isPrivate ? "\(message.senderName) (private): " : name
            for piece in pieces(of: message.body, for: leg, limit: SIPAdapter.datagramText) {
                queue(id, message.senderName, isPrivate: isPrivate, plain(prefix + piece))
            }
        }
        sendText(id, at: now)
        return []
    }

    /// Answers a command given as text, to its sender alone: in the call, or from the room to where it came from.
    mutating func answer(_ pending: PendingSubmission, with text: String, at now: Instant) {
        let sender = PeerAddress(pending.request.from.uri).bare
        let leg =
            pending.leg.flatMap { legs[$0] }
            ?? legs.values.values.filter { $0.isLive && $0.isRoom && $0.peer.bare == sender }.min { $0.id < $1.id }
        let room = pending.request.to.uri.user ?? ""
        if let leg, leg.text.isTaken {
            for piece in pieces(of: text, for: leg, limit: SIPAdapter.datagramText) {
                queue(leg.id, room, isPrivate: false, plain(piece))
            }
            return sendText(leg.id, at: now)
        }
        var request = SIPMessage(
            .message, pending.request.contacts.first?.uri ?? pending.request.from.uri,
            from: NameAddress(displayName: room, pending.request.to.uri.withoutParameters),
            to: NameAddress(pending.request.from.uri), callID: entropy.token(24), sequence: 1)
        request.from.tag = entropy.token(10)
        request.set("User-Agent", configuration.software)
        let content = plain(String(text.prefix(SIPAdapter.datagramText)))
        request.setBody(content.body, type: content.type)
        if let id = transactions.send(request, on: pending.flow, at: now) { purposes[id] = .nothing }
    }

    // MARK: Bodies

    private func plain(_ text: String) -> (body: [UInt8], type: String) {
        (Array(text.utf8), "text/plain;charset=utf-8")
    }

    /// One piece of a text; each has an identifier of its own.
    private func cpim(
        _ message: ChatMessage, _ piece: String, _ index: Int, _ leg: SIPLeg
    ) -> (body: [UInt8], type: String) {
        var uri = leg.contact.uri.withoutParameters
        var to = CPIMMessage.Address(name: nil, uri: uri.description)
        if message.audience != .everyone { to = .init(name: nil, uri: SIPURI(leg.peer).description) }
        let isRoom = message.senderName.isEmpty
        if !isRoom { uri.parameters["gr"] = message.senderName }
        let wrapped = CPIMMessage(
            from: .init(name: isRoom ? uri.user : message.senderName, uri: uri.description), to: [to],
            dateTime: message.time.iso8601,
            messageID: index == 0 ? message.id : "\(message.id)-\(index + 1)", content: Array(piece.utf8))
        return (wrapped.bytes, "message/cpim")
    }

    /// The text, cut so that each piece fits a datagram where the peer is on UDP.
    private func pieces(of text: String, for leg: SIPLeg, limit: Int) -> [String] {
        guard leg.flow.transport == .udp, text.utf8.count > limit else { return [text] }
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

    private mutating func queue(
        _ id: LegID, _ senderName: String, isPrivate: Bool, _ content: (body: [UInt8], type: String)
    ) {
        let text = OutgoingTexts.Text(
            senderName: senderName, isPrivate: isPrivate, contentType: content.type, body: content.body)
        if legs[id]?.text.add(text) == false { note(.warning, "\(id): too many texts wait, one is dropped") }
    }

    /// Sends the next text of a leg, if none is on its way.
    private mutating func sendText(_ id: LegID, at now: Instant) {
        guard let leg = legs[id], let dialog = leg.dialog, let entry = dialogs[dialog], leg.isLive,
            entry.dialog.state == .confirmed, let text = legs[id]?.text.next()
        else { return }
        let isOutside = leg.text.isOutsideDialog
        let transaction: ClientTransactionID?
        if isOutside {
            var from = NameAddress(displayName: text.senderName, entry.dialog.local.uri.withoutParameters)
            if text.isPrivate { from.uri.parameters["gr"] = text.senderName }
            from.tag = entropy.token(10)
            var request = SIPMessage(
                .message, entry.dialog.remoteTarget, from: from, to: NameAddress(entry.dialog.remote.uri),
                callID: entropy.token(24), sequence: 1)
            request.routes = entry.dialog.routeSet
            request.set("User-Agent", configuration.software)
            request.setBody(text.body, type: text.contentType)
            transaction = transactions.send(request, on: requestFlow(entry), at: now)
            if let transaction { purposes[transaction] = .text(id) }
        } else {
            transaction = send(.message, in: dialog, for: .text(id), at: now) { request in
                request.from.displayName = text.senderName
                request.setBody(text.body, type: text.contentType)
            }
        }
        guard let transaction else { return note(.warning, "\(id): a text could not be sent") }
        legs[id]?.text.sent(text, by: transaction, isOutside: isOutside)
    }

    /// What became of a text; the next one follows.
    mutating func textAnswered(_ id: LegID, _ transaction: ClientTransactionID, status: Int, at now: Instant) {
        guard let inFlight = legs[id]?.text.inFlight, inFlight.transaction == transaction else { return }
        switch status {
        case 200..<300: legs[id]?.text.finished()
        case 400..<500 where !inFlight.isOutside && ![408, 413, 415, 480, 486].contains(status),
            501 where !inFlight.isOutside:
            note(.debug, "\(id): refused a text in the call with \(status), gets it outside")
            legs[id]?.text.isOutsideDialog = true
            legs[id]?.text.again(inFlight.text)
        default:
            note(.info, "\(id): refused a text with \(status)")
            if [405, 415, 501].contains(status) { legs[id]?.text.isTaken = false }
            legs[id]?.text.finished()
        }
        sendText(id, at: now)
    }
}
