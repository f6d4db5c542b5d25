import Conference
import Primitives
import XMPP

/// The archive of a room's texts to everyone (XEP-0313).
extension XMPPAdapter {
    /// Questions a second of one who asks, five times as many in a burst.
    private static let questionsPerSecond = 10.0

    /// What is wanted of archives, in order; each to be answered by `answer`.
    public mutating func drainArchiveRequests() -> [ArchiveRequest] {
        defer { archiveRequests.removeAll() }
        return archiveRequests
    }

    /// A request about an archive is looked at.
    /// - Returns: whether it was one.
    mutating func archive(
        _ iq: XMLElement, _ from: JID, _ target: XMPPTarget, _ conference: Conference, _ now: Instant
    ) -> Bool {
        guard iq.isIQRequest, iq.id != nil, case .room(let room) = target, let payload = iq.payload,
            payload.namespace == Namespace.archive, ["query", "metadata"].contains(payload.name)
        else { return false }
        guard archiveAllowances.take(from.bare.description, rate: XMPPAdapter.questionsPerSecond, at: now) else {
            refuse(
                iq, StanzaError(.resourceConstraint, "More questions than one may ask; try again later.", type: .wait))
            return true
        }
        guard conference.room(room) != nil else {
            refuse(iq, StanzaError(.itemNotFound, "There is no such room."))
            return true
        }
        guard conference.mayReadArchive(room, PeerAddress(from)) else {
            refuse(iq, StanzaError(.forbidden, "Only who may come in may read what was said."))
            return true
        }
        switch (payload.name, iq.type) {
        case ("query", "get"):
            outbox.append(iq.result { XMLElement("query", Namespace.archive) { ArchiveForm.fields.element } })
        case ("query", _):
            switch ArchiveForm.query(payload, room, addresses) {
            case .success(let query):
                archiveRequests.append(
                    ArchiveRequest(
                        .page(query), iq: iq, queryID: payload["queryid"]?.clipped(to: 256),
                        isFlipped: payload.child("flip-page") != nil))
            case .failure(let error): refuse(iq, error)
            }
        case ("metadata", "get"): archiveRequests.append(ArchiveRequest(.bounds(room), iq: iq))
        default: refuse(iq, StanzaError(.badRequest))
        }
        return true
    }

    /// What was found goes out: the messages, then the result.
    public mutating func answer(_ request: ArchiveRequest, _ answer: ArchiveRequest.Answer) {
        switch (answer, request.question) {
        case (.page(let page), .page(let query)):
            let messages = request.isFlipped ? page.messages.reversed() : page.messages
            for message in messages { outbox.append(result(message, query.room, request)) }
            // Who goes backwards has use for no index, and some take a page that ends with the list for the last one.
            var index = page.index
            if case .backwards = query.part { index = nil }
            let set = ResultSet(
                first: page.messages.first?.id, last: page.messages.last?.id, index: index, count: page.count)
            outbox.append(
                request.iq.result {
                    XMLElement("fin", Namespace.archive, ["complete": page.isComplete ? "true" : nil]) { set.element }
                })
        case (.bounds(let first, let last), _):
            func end(_ name: String, _ message: ChatMessage?) -> XMLElement? {
                message.map {
                    XMLElement(name, Namespace.archive, ["id": $0.id, "timestamp": $0.time.iso8601])
                }
            }
            outbox.append(
                request.iq.result {
                    XMLElement("metadata", Namespace.archive) {
                        end("start", first)
                        end("end", last)
                    }
                })
        case (.noSuchMessage, _): refuse(request.iq, StanzaError(.itemNotFound, "There is no such message."))
        case (.failed, _), (.page, .bounds):
            refuse(request.iq, StanzaError(.internalServerError, "The archive cannot be read now."))
        }
    }

    private mutating func result(_ message: ChatMessage, _ room: RoomName, _ request: ArchiveRequest) -> XMLElement {
        let forwarded = muc.archived(message, room)
        return .message(from: addresses.muc(room), to: request.iq.from, id: entropy.token(12)) {
            XMLElement("result", Namespace.archive, ["queryid": request.queryID, "id": message.id]) {
                XMLElement("forwarded", Namespace.forward) {
                    XMLElement("delay", Namespace.delay, ["stamp": message.time.iso8601])
                    forwarded
                }
            }
        }
    }
}

extension MUCService {
    /// A message as it stands in the archive, with whose it was, as nobody is anonymous here (section 6.1.3).
    mutating func archived(_ message: ChatMessage, _ room: RoomName) -> XMLElement {
        let muc = addresses.muc(room)
        let isOwn = message.senderName.isEmpty
        let carried = payloads.elements(message.payload)
        let occupantID = ids.element(of: message, in: room)
        return .message(
            from: isOwn ? muc : addresses.occupant(room, message.senderName), to: nil, type: "groupchat",
            id: message.clientID ?? message.id
        ) {
            if !message.body.isEmpty { XMLElement("body", Namespace.client, text: message.body) }
            carried
            occupantID
            if !isOwn, let jid = message.sender.jid {
                MUCUser(item: .init(role: .participant, jid: jid)).element
            }
        }
    }
}
