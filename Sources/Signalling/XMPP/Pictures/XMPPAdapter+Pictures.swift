import Conference
import XMPP

/// Who our JIDs are, for people: vCards and pictures.
extension XMPPAdapter {
    /// A vCard (XEP-0054), or a picture as a PEP node (XEP-0084); nil for another request.
    func profileAnswer(_ payload: XMLElement, _ type: String?, _ target: XMPPTarget) -> Result<
        [XMLElement], StanzaError
    >? {
        if payload.matches("vCard", Namespace.vCard) {
            guard type == "get" else { return .failure(StanzaError(.forbidden, "That is the operator's to change.")) }
            return vCard(target).map { .success([$0]) } ?? .failure(StanzaError(.itemNotFound))
        }
        guard payload.matches("pubsub", Namespace.pubsub), type == "get", case .contact(let room, _) = target,
            exists(room)
        else { return nil }
        return discovery.pictures.of(room).items(payload).map { .success([$0]) }
            ?? .failure(StanzaError(.itemNotFound))
    }

    private func vCard(_ target: XMPPTarget) -> XMLElement? {
        switch target {
        case .contact(let room, _), .room(let room):
            guard exists(room) else { return nil }
            return card(
                room.text,
                "Call this contact, or sip:\(room.text)@\(configuration.conference.talkDomain), to be in the "
                    + "conference. Its group chat is \(room.text)@\(configuration.conference.roomsDomain).",
                discovery.pictures.of(room))
        case .number(let jid): return card(JID.unescape(local: jid.local ?? ""), nil, nil)
        case .talk, .rooms, .gateway: return card(configuration.softwareName, nil, discovery.pictures.service)
        case .occupant, .nothing: return nil
        }
    }

    private func card(_ name: String, _ text: String?, _ avatar: Avatar?) -> XMLElement {
        XMLElement("vCard", Namespace.vCard) {
            XMLElement("FN", Namespace.vCard, text: name)
            text.map { XMLElement("DESC", Namespace.vCard, text: $0) }
            avatar?.photo
        }
    }
}
