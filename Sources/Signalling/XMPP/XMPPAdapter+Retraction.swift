import Conference
import Primitives
import XMPP

/// Messages taken back, by who wrote them (XEP-0424) and by moderators (XEP-0425).
extension XMPPAdapter {
    /// What clients that do not know of it read in the place of a retraction.
    private static let words = "I retract an earlier message."

    /// A message to everyone by which an earlier one is taken back; nil for any other.
    mutating func retraction(
        _ message: XMLElement, _ from: JID, _ room: RoomName, _ conference: Conference, _ wall: WallTime, via: TextPath
    ) -> [Command]? {
        guard let retract = message.child("retract", Namespace.retraction) else { return nil }
        guard let given = retract["id"], (1...256).contains(given.utf8.count) else {
            refuse(message, StanzaError(.badRequest))
            return []
        }
        let recent = {
            conference.recentText($0, in: room, by: PeerAddress(from), via: via, for: .everyone)
        }
        // Who has the room as a contact knows its own messages by its own ids.
        let id = via == .talk ? recent(given)?.id ?? given : given
        let own = message.id.flatMap { $0.isEmpty || $0.utf8.count > 256 ? nil : $0 }
        var submission = Submission(
            id: texts.add(message), room: room, sender: PeerAddress(from), via: via, audience: .everyone,
            body: XMPPAdapter.words, clientID: own)
        submission.plain = ChatRendering(message: message, recent: recent).plain
        submission.payload =
            XMLElement("retract", Namespace.retraction, ["id": id]).serialised()
            + XMLElement("fallback", Namespace.fallback, ["for": Namespace.retraction]).serialised()
        submission.retraction = Retraction(
            messageID: id,
            tombstone: XMLElement("retracted", Namespace.retraction, ["id": own, "stamp": wall.iso8601]).serialised())
        return [.submit(submission)]
    }

    /// A moderator's request; nil for what is none.
    mutating func retraction(
        _ iq: XMLElement, _ from: JID, _ target: XMPPTarget, _ wall: WallTime
    ) -> [Command]? {
        guard iq.isIQRequest, iq.type == "set", iq.id != nil, case .room(let room) = target, let moderate = iq.payload,
            moderate.matches("moderate", Namespace.messageModeration)
        else { return nil }
        guard let id = moderate["id"], (1...256).contains(id.utf8.count),
            moderate.child("retract", Namespace.retraction) != nil
        else {
            refuse(iq, StanzaError(.badRequest))
            return []
        }
        let nick = muc.nick(of: from, in: room)
        let moderated = XMLElement(
            "moderated", Namespace.messageModeration,
            ["by": nick.flatMap { addresses.occupant(room, $0) }?.description]
        ) { nick.flatMap { muc.occupantID(of: $0, in: room) }.map(OccupantIDs.element) }
        let reason = moderate.child("reason").map {
            XMLElement("reason", Namespace.retraction, text: $0.text.clipped(to: 1024))
        }
        let payload = XMLElement("retract", Namespace.retraction, ["id": id]) {
            moderated
            reason
        }
        let tombstone = XMLElement("retracted", Namespace.retraction, ["stamp": wall.iso8601]) {
            moderated
            reason
        }
        let retraction = Retraction(messageID: id, tombstone: tombstone.serialised())
        return [.retract(texts.add(iq), room, by: PeerAddress(from), retraction, payload: payload.serialised())]
    }
}
