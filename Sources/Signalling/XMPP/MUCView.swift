import Conference
import XMPP

/// What the occupants of one room have been told about who is there.
struct MUCView: Sendable {
    /// A client in the MUC that was welcomed.
    struct Occupant: Sendable {
        let endpoint: EndpointID
        let jid: JID
        var participant: ParticipantID
    }

    /// A participant as presence shows it.
    struct Face: Sendable, Hashable {
        let participant: ParticipantID
        let name: String
        let role: MUCUser.Role
        let affiliation: MUCUser.Affiliation
        /// The real JID; nil for SIP callers.
        let jid: JID?
        let show: String?
        let status: String?
        /// XEP-0421.
        var occupantID = ""
    }

    /// In the order they came.
    var occupants: [Occupant] = []
    var faces: [Face] = []

    /// Those who are to be seen: in the MUC, or with a call that is up.
    static func faces(of participants: some Sequence<Participant>) -> [Face] { participants.compactMap(face) }

    static func face(_ participant: Participant) -> Face? {
        let calls = participant.endpoints.filter {
            !$0.isMUC && [.connected, .onHold, .mutedViaFocus].contains($0.status)
        }
        let role: MUCUser.Role =
            switch participant.role {
            case .moderator: .moderator
            case .speaker: .participant
            case .listener: .visitor
            }
        func face(_ jid: JID?, _ show: String?, _ status: String?) -> Face {
            Face(
                participant: participant.id, name: participant.name, role: role,
                affiliation: participant.affiliation.muc, jid: jid, show: show, status: status)
        }
        for endpoint in participant.endpoints.reversed() {
            guard case .muc(let show, let status) = endpoint.kind else { continue }
            return face(endpoint.address.jid, show, status)
        }
        return calls.first.map { face($0.address.jid, nil, status(of: $0)) }
    }

    private static func status(of call: Endpoint) -> String {
        var state = "in the call"
        if call.status == .onHold { state += ", on hold" }
        if call.isMuted { state += ", muted" }
        guard call.address.network == .sip, call.address.identifiesPerson else { return state }
        return "\(state) (sip:\(call.address.bare))"
    }
}

extension MUCView.Face {
    /// The presence by which an occupant sees this participant (XEP-0045 section 7.2.2).
    func presence(from: JID?, to occupant: MUCView.Occupant, statuses: [MUCStatus] = []) -> XMLElement {
        .presence(from: from, to: occupant.jid) {
            show.map { XMLElement("show", Namespace.client, text: $0) }
            status.map { XMLElement("status", Namespace.client, text: $0) }
            MUCUser(
                item: .init(affiliation: affiliation, role: role, jid: jid), statuses: own(occupant) + statuses
            ).element
            OccupantIDs.element(occupantID)
        }
    }

    /// The presence by which an occupant sees it go (section 7.14), or go on under another nick (section 7.6).
    func unavailable(
        from: JID?, to occupant: MUCView.Occupant, newNick: String? = nil, status: String? = nil,
        out: Out? = nil
    ) -> XMLElement {
        .presence(from: from, to: occupant.jid, type: "unavailable") {
            status.map { XMLElement("status", Namespace.client, text: $0) }
            MUCUser(
                item: .init(
                    affiliation: out?.affiliation ?? affiliation, role: newNick == nil ? .none : role, jid: jid,
                    nick: newNick, reason: out?.reason, actor: out?.actor),
                statuses: (newNick == nil ? out?.statuses ?? [] : [.newNick]) + own(occupant)
            ).element
            OccupantIDs.element(occupantID)
        }
    }

    /// Why somebody is out who did not leave (section 15.6.2).
    struct Out: Sendable {
        var statuses: [MUCStatus]
        var affiliation: MUCUser.Affiliation?
        var actor: String?
        var reason: String?
    }

    private func own(_ occupant: MUCView.Occupant) -> [MUCStatus] {
        occupant.participant == participant ? [.selfPresence] : []
    }
}
