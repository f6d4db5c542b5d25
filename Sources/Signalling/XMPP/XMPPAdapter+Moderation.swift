import Conference
import XMPP

/// What a room's moderators ask for by IQ (XEP-0045 section 8).
extension XMPPAdapter {
    /// A change of role: a kick (section 8.2), voice granted or revoked (sections 8.3 and 8.4), a moderator made
    /// (section 9.6). Nil for what is no such request; the domain's word is the answer otherwise.
    mutating func moderation(_ iq: XMLElement, _ from: JID, _ target: XMPPTarget) -> [Command]? {
        guard iq.isIQRequest, iq.type == "set", iq.id != nil, case .room(let room) = target,
            let query = iq.payload, query.matches("query", Namespace.mucAdmin)
        else { return nil }
        let items = query.children(named: "item")
        guard items.contains(where: { $0["role"] != nil }) else { return nil }
        guard items.count == 1, let item = items.first, let nick = item["nick"], item["affiliation"] == nil,
            let role = item["role"].flatMap(MUCUser.Role.init(rawValue:))
        else {
            refuse(iq, StanzaError(.featureNotImplemented, "One change of role at a time."))
            return []
        }
        let wish: Moderation =
            switch role {
            case .none:
                .expel(.named(nick), reason: item.child("reason", Namespace.mucAdmin)?.text.clipped(to: 1024))
            case .participant: .role(.speaker, .named(nick))
            case .visitor: .role(.listener, .named(nick))
            case .moderator: .role(.moderator, .named(nick))
            }
        return [.moderate(texts.add(iq), room, by: .occupant(PeerAddress(from)), wish)]
    }
}
