import Conference
import Primitives
import SIP

/// What somebody is referred into.
enum ReferSubject {
    case room(RoomName, Requester)
    /// A call of two, which becomes a room.
    case call(LegID)
}

/// REFER beside a call of two: one who is in it asks the focus to call somebody in (RFC 4579 sections 5.5 and 5.6). In
/// the dialog of the call it would be a transfer.
extension SIPAdapter {
    enum MeantCall {
        case none
        case call(LegID)
        case refused(Int, String?)
    }

    /// The call that a REFER outside of any dialog means: by Target-Dialog (RFC 4538), or by the Contact that we gave in it.
    func call(
        meantBy request: SIPMessage, _ uri: SIPURI, _ destination: DialPlan.Destination, from identity: Identity,
        on flow: SIPFlow, _ conference: Conference
    ) -> MeantCall {
        let named = request.headers.filter { $0.isNamed("Target-Dialog") }.map(\.value)
        guard let value = named.first else {
            if case .room(let room) = destination, conference.room(room) != nil { return .none }
            return call(withContact: uri, from: identity, on: flow, conference).map { .call($0) } ?? .none
        }
        guard named.count == 1, let target = TargetDialog(parsing: value) else {
            return .refused(400, "Bad Target-Dialog")
        }
        var found: SIPLeg?
        for id in target.ids {
            if let leg = dialogs[id]?.leg { found = found ?? legs[leg] }
        }
        guard let leg = found, leg.isLive else { return .refused(481, nil) }
        if case .room(let room) = destination, conference.room(room) != nil, room != conference.room(of: leg.id) {
            return .none
        }
        let isPeer =
            flow.remote.ip.unmapped == leg.flow.remote.ip.unmapped
            || identity.isAuthenticated && identity.address.bare == leg.peer.bare
        guard isPeer else { return .refused(403, "Refer from where you call") }
        return .call(leg.id)
    }

    /// The one call of two of who refers, from the same place, in which that is our Contact.
    private func call(
        withContact uri: SIPURI, from identity: Identity, on flow: SIPFlow, _ conference: Conference
    ) -> LegID? {
        let found = legs.values.values.filter {
            $0.isLive && !$0.isRoom && $0.flow.remote == flow.remote && $0.contact.uri.user == uri.user
                && $0.contact.uri.host == uri.host && $0.contact.uri.port ?? 5060 == uri.port ?? 5060
                && isPeer(identity, of: $0) && conference.bridge(of: $0.id) != nil
        }
        return found.count == 1 ? found.first?.id : nil
    }

    /// Whether that is who has a call, from whose place it comes: an account proves it; whom we called elsewhere may have
    /// another name than we called it by.
    private func isPeer(_ identity: Identity, of leg: SIPLeg) -> Bool {
        if identity.address.bare == leg.peer.bare {
            return account(at: leg.peer) == nil || identity.isAuthenticated || !wantsProof
        }
        return !leg.isIncoming && account(at: leg.peer) == nil
    }
}
