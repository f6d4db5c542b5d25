import Conference
import XMPP

/// Invitations that come by us: those that a room is to send, refusals of them (XEP-0045 section 7.8.2), and those from
/// one occupant to another (XEP-0249).
extension XMPPAdapter {
    /// A message to a room that invites or declines; any other is refused.
    mutating func mediated(_ message: XMLElement, _ from: JID, _ room: RoomName) -> [Command] {
        let user = message.child("x", Namespace.mucUser)
        if let decline = user?.child("decline") {
            guard let inviter = decline["to"].flatMap({ JID($0) }) else { return [] }
            return [
                .mucDecline(
                    room, invitee: PeerAddress(from), to: PeerAddress(inviter), reason: XMPPAdapter.reason(decline))
            ]
        }
        let invites = user?.children(named: "invite") ?? []
        let invitations = invites.compactMap { invite in
            invite["to"].flatMap { JID($0) }.map {
                MUCInvitation(inviter: PeerAddress(from), invitee: PeerAddress($0), reason: XMPPAdapter.reason(invite))
            }
        }
        guard !invites.isEmpty else {
            if message.body != nil { refuse(message, StanzaError(.featureNotImplemented)) }
            return []
        }
        guard invitations.count == invites.count else {
            refuse(message, StanzaError(.jidMalformed))
            return []
        }
        return [.mucInvite(texts.add(message), room, by: PeerAddress(from), invitations)]
    }

    /// One occupant invites another into some room: a private message, which reads well on a phone too.
    mutating func directInvitation(
        _ message: XMLElement, _ from: JID, _ room: RoomName, _ nick: String
    ) -> [Command] {
        guard let x = message.child("x", Namespace.directInvitation), let jid = x["jid"].flatMap({ JID($0) }) else {
            refuse(message, StanzaError(.jidMalformed))
            return []
        }
        let reason = x["reason"].map { ": " + $0.clipped(to: 1024) } ?? ""
        let carried = XMLElement(
            "x", Namespace.directInvitation,
            [
                "jid": jid.bare.description, "password": x["password"]?.clipped(to: 256),
                "reason": x["reason"]?.clipped(to: 1024),
            ])
        var submission = Submission(
            id: texts.add(message), room: room, sender: PeerAddress(from), via: .muc, audience: .named(nick),
            body: "You are invited to \(jid.bare)\(reason)", clientID: message.id)
        submission.payload = carried.serialised()
        return [.submit(submission)]
    }

    private static func reason(_ element: XMLElement) -> String? { element.child("reason")?.text.clipped(to: 1024) }
}
