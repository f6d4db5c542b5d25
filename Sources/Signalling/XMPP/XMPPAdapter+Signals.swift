import Conference
import Primitives
import XMPP

/// What is said about texts, to clients: who writes, and what became of what they wrote. Never kept by servers.
extension XMPPAdapter {
    /// Somebody writes, or has stopped (XEP-0085, as RFC 7573 section 6 maps it).
    mutating func deliver(_ notice: ComposingNotice, _ room: RoomName, to endpoint: Endpoint) {
        let state: ChatState = notice.isActive ? .composing : .active
        let isPublic = notice.audience == .everyone
        signal(
            room, to: endpoint, as: notice.writer, type: isPublic && endpoint.isMUC ? "groupchat" : "chat",
            state.element)
    }

    /// What became of a text: a receipt, a marker, or an error.
    mutating func deliver(_ notice: ReportNotice, _ room: RoomName, to endpoint: Endpoint) {
        switch notice.status {
        case .delivered:
            signal(room, to: endpoint, as: notice.reporter, type: "chat", Receipt.received(notice.messageID))
        case .displayed:
            signal(room, to: endpoint, as: notice.reporter, type: "chat", ChatMarker.displayed(notice.messageID))
        case .failed:
            guard let jid = endpoint.address.jid else { return }
            let name = notice.reporter ?? room.text
            outbox.append(
                .message(
                    from: sender(room, notice.reporter, for: endpoint), to: jid, type: "error",
                    id: notice.messageID
                ) { StanzaError(.recipientUnavailable, "\(name) did not take the message.").element })
        }
    }

    private mutating func signal(
        _ room: RoomName, to endpoint: Endpoint, as name: String?, type: String, _ element: XMLElement
    ) {
        guard let jid = endpoint.address.jid else { return }
        outbox.append(
            .message(from: sender(room, name, for: endpoint), to: jid, type: type, id: entropy.token(12)) {
                element
                name.flatMap { endpoint.isMUC ? muc.occupantID(of: $0, in: room) : nil }.map(OccupantIDs.element)
                if endpoint.isMUC, type == "chat" { XMLElement("x", Namespace.mucUser) }
                ProcessingHint.noStore.element
            })
    }

    /// The occupant for a client in the MUC; the room as a contact for one that called.
    private func sender(_ room: RoomName, _ name: String?, for endpoint: Endpoint) -> JID? {
        if endpoint.isMUC { return name.map { addresses.occupant(room, $0) } ?? addresses.muc(room) }
        return endpoint.leg.flatMap { jingle.session(of: $0)?.local } ?? addresses.focus(room)
    }
}

extension ChatMessage {
    /// What a private text asks of the client that reads it.
    var requests: [XMLElement] {
        guard audience != .everyone else { return [] }
        return (wanted.contains(.delivered) ? [Receipt.request] : [])
            + (wanted.contains(.displayed) ? [ChatMarker.markable] : [])
    }
}
