import Conference
import XMPP

/// What occupants, and who is invited, are told of a room as such (XEP-0045 sections 7.8, 9.3, 10.2.1 and 10.9).
extension MUCService {
    /// Somebody who is not in is something else to the room now.
    func affiliated(
        _ room: RoomName, _ jid: JID?, _ affiliation: Affiliation, into outbox: inout [XMLElement]
    ) {
        guard let jid else { return }
        let user = MUCUser(item: .init(affiliation: affiliation.muc, role: .none, jid: jid))
        for occupant in views[room]?.occupants ?? [] {
            outbox.append(.message(from: addresses.muc(room), to: occupant.jid) { user.element })
        }
    }

    /// The configuration has changed (statuses 104, 170, 171).
    func configured(_ room: RoomName, _ isArchived: Bool?, into outbox: inout [XMLElement]) {
        let more = isArchived.map { [$0 ? MUCStatus.archived : MUCStatus(171)] } ?? []
        let user = MUCUser(statuses: [.configured] + more)
        for occupant in views[room]?.occupants ?? [] {
            outbox.append(.message(from: addresses.muc(room), to: occupant.jid, type: "groupchat") { user.element })
        }
    }

    /// The room is gone: each occupant hears of its own going alone, and where it goes on.
    mutating func destroyed(_ room: RoomName, _ destruction: RoomDestruction, into outbox: inout [XMLElement]) {
        guard let view = views.removeValue(forKey: room) else { return }
        for occupant in view.occupants {
            guard let own = view.faces.first(where: { $0.participant == occupant.participant }) else { continue }
            var user = MUCUser(item: .init(role: .none), statuses: [.selfPresence]).element
            user.append(
                XMLElement("destroy", Namespace.mucUser, ["jid": destruction.alternate?.jid?.description]) {
                    destruction.reason.map { XMLElement("reason", Namespace.mucUser, text: $0) }
                })
            outbox.append(
                .presence(from: addresses.occupant(room, own.name), to: occupant.jid, type: "unavailable") {
                    user
                    OccupantIDs.element(own.occupantID)
                })
        }
    }

    /// An invitation, also in the form that clients of before XEP-0045 version 1.2x read (section 7.8.2, XEP-0249).
    func invited(_ room: RoomName, _ invitation: MUCInvitation, into outbox: inout [XMLElement]) {
        guard let muc = addresses.muc(room), let to = invitation.invitee.jid else { return }
        outbox.append(
            .message(from: muc, to: to) {
                XMLElement("x", Namespace.mucUser) {
                    XMLElement("invite", Namespace.mucUser, ["from": invitation.inviter.jid?.description]) {
                        invitation.reason.map { XMLElement("reason", Namespace.mucUser, text: $0) }
                    }
                    invitation.password.map { XMLElement("password", Namespace.mucUser, text: $0) }
                }
                XMLElement(
                    "x", Namespace.directInvitation,
                    ["jid": muc.description, "password": invitation.password, "reason": invitation.reason])
            })
    }

    /// Who was invited does not come (section 7.8.2).
    func declined(_ room: RoomName, _ invitation: MUCInvitation, into outbox: inout [XMLElement]) {
        outbox.append(
            .message(from: addresses.muc(room), to: invitation.inviter.jid) {
                XMLElement("x", Namespace.mucUser) {
                    XMLElement("decline", Namespace.mucUser, ["from": invitation.invitee.jid?.description]) {
                        invitation.reason.map { XMLElement("reason", Namespace.mucUser, text: $0) }
                    }
                }
            })
    }
}
