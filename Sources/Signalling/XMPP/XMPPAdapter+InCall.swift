import Conference
import XMPP

/// What a user writes to the number that it talks to: commands and keys, and texts where the call has become a room.
extension XMPPAdapter {
    func takesCallText(
        _ message: XMLElement, _ from: JID, _ number: JID, _ type: String?, _ conference: Conference
    ) -> Bool {
        guard type == nil || type == "chat" || type == "normal", let body = message.body,
            message.child("delay", Namespace.delay) == nil
        else { return false }
        let (writer, peer) = (PeerAddress(from), PeerAddress(number.bare))
        return conference.grownRoom(of: writer, with: peer) != nil
            || conference.takesCallText(body, in: jingle.leg(of: from, with: number), from: writer, to: peer)
    }

    mutating func callText(
        _ message: XMLElement, _ from: JID, _ number: JID, _ conference: Conference
    ) -> [Command] {
        let (writer, peer) = (PeerAddress(from), PeerAddress(number.bare))
        if let room = conference.grownRoom(of: writer, with: peer) {
            return text(message, from, room, conference, via: .talk, audience: .everyone)
        }
        var text = CallText(
            id: texts.add(message), leg: jingle.leg(of: from, with: number), sender: writer, peer: peer,
            body: message.body ?? "")
        text.isCorrection = message.child("replace", Namespace.correction) != nil
        return [.callText(text)]
    }
}
