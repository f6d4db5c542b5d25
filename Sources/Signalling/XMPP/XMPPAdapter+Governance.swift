import Conference
import XMPP

/// What a room's admins and owners ask for by IQ (XEP-0045 sections 9 and 10).
extension XMPPAdapter {
    /// Most entries of a list that are changed at a time.
    private static let maximumItems = 100

    /// A change of affiliations, of the configuration, or the end of a room; nil for what is no such request. The
    /// domain's word is the answer otherwise.
    mutating func governance(
        _ iq: XMLElement, _ from: JID, _ target: XMPPTarget, _ conference: Conference
    ) -> [Command]? {
        guard iq.isIQRequest, iq.type == "set", iq.id != nil, case .room(let room) = target, let query = iq.payload,
            query.name == "query", [Namespace.mucAdmin, Namespace.mucOwner].contains(query.namespace)
        else { return nil }
        let asker = PeerAddress(from)
        let wish: Result<Governance?, StanzaError> =
            query.namespace == Namespace.mucAdmin
            ? affiliations(query) : ownersWish(query, conference.settings(of: room, for: asker))
        switch wish {
        case .success(let wish?): return [.govern(texts.add(iq), room, by: asker, wish)]
        case .success(nil): outbox.append(iq.result())
        case .failure(let error): refuse(iq, error)
        }
        return []
    }

    private func affiliations(_ query: XMLElement) -> Result<Governance?, StanzaError> {
        let elements = query.children(named: "item")
        guard (1...XMPPAdapter.maximumItems).contains(elements.count) else {
            return .failure(StanzaError(.badRequest, "1 to \(XMPPAdapter.maximumItems) items at a time."))
        }
        var changes: [AffiliationChange] = []
        for element in elements {
            guard let item = MUCAdminItem(element), let affiliation = item.affiliation, item.role == nil else {
                return .failure(StanzaError(.badRequest, "One change of a role, or of affiliations."))
            }
            let target: AffiliationChange.Target
            if let jid = item.jid {
                target = .address(PeerAddress(jid.bare))
            } else if let nick = item.nick {
                target = .named(nick)
            } else {
                return .failure(StanzaError(.badRequest, "Whom?"))
            }
            changes.append(AffiliationChange(target, Affiliation(affiliation), reason: item.reason))
        }
        return .success(.affiliate(changes))
    }

    /// - Parameter settings: as they are; nil for who is no owner.
    private func ownersWish(_ query: XMLElement, _ settings: RoomSettings?) -> Result<Governance?, StanzaError> {
        guard let settings else { return .failure(StanzaError(.forbidden, "Only owners of the room may do that.")) }
        if let destroy = query.child("destroy") {
            return .success(
                .destroy(
                    RoomDestruction(
                        reason: destroy.child("reason")?.text.clipped(to: 1024),
                        alternate: destroy["jid"].flatMap { JID($0) }.map { PeerAddress($0) })))
        }
        guard let form = query.child("x", Namespace.dataForms).flatMap(DataForm.init) else {
            return .failure(StanzaError(.badRequest))
        }
        switch form.kind {
        case .cancel: return .success(nil)
        case .submit: return MUCConfigurationForm.settings(form, over: settings).map { .configure($0) }
        case .form, .result: return .failure(StanzaError(.badRequest))
        }
    }

    // MARK: Reading

    func configurationForm(
        _ from: JID, _ room: RoomName, _ conference: Conference
    ) -> Result<[XMLElement], StanzaError> {
        guard conference.room(room) != nil else { return .failure(StanzaError(.itemNotFound)) }
        guard let settings = conference.settings(of: room, for: PeerAddress(from)) else {
            return .failure(StanzaError(.forbidden, "Only owners of the room may do that."))
        }
        let form = MUCConfigurationForm.form(settings, room, offersPIN: !conference.profile(of: room).hasOperatorsPIN)
        return .success([XMLElement("query", Namespace.mucOwner) { form.element }])
    }

    /// A list of affiliations, or of roles, as a moderator may read those (sections 8.5, 9.2, 9.5, 9.8, 10.5 and 10.8).
    func list(
        _ query: XMLElement, _ from: JID, _ room: RoomName, _ conference: Conference
    ) -> Result<[XMLElement], StanzaError> {
        guard let there = conference.room(room) else { return .failure(StanzaError(.itemNotFound)) }
        let items = query.children(named: "item")
        guard items.count == 1, let item = items.first.flatMap({ MUCAdminItem($0) }) else {
            return .failure(StanzaError(.badRequest, "One list at a time."))
        }
        let asker = PeerAddress(from)
        let entries: [MUCAdminItem]
        if let affiliation = item.affiliation {
            guard let affiliates = conference.affiliates(Affiliation(affiliation), in: room, for: asker) else {
                return .failure(StanzaError(.forbidden))
            }
            entries = affiliates.map { affiliate in
                let address = conference.dialPlan.caller(affiliate.address, seenFrom: .xmpp)
                return MUCAdminItem(
                    affiliation: affiliation, jid: address.jid, reason: affiliate.reason)
            }
        } else if let role = item.role {
            let own = there.participants.first { $0.address == asker.bare }
            guard own?.role == .moderator else { return .failure(StanzaError(.forbidden)) }
            entries = there.participants.compactMap(MUCView.face).filter { $0.role == role }.map {
                MUCAdminItem(affiliation: $0.affiliation, role: $0.role, jid: $0.jid, nick: $0.name)
            }
        } else {
            return .failure(StanzaError(.badRequest, "Which list?"))
        }
        return .success([XMLElement("query", Namespace.mucAdmin) { entries.map(\.element) }])
    }
}
