import Conference
import Primitives
import SIP

/// REFER in a bridged call (RFC 5589), and INVITE with Replaces for one (RFC 3891): the other end goes on with somebody
/// else.
extension SIPAdapter {
    mutating func transfer(
        _ request: SIPMessage, _ id: ServerTransactionID, inCall leg: LegID, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard let found = legs[leg], let dialog = found.dialog, let entry = dialogs[dialog] else {
            reply(request, id, 481, at: now)
            return []
        }
        guard refers.count < SIPAdapter.mostRefers else {
            reply(request, id, 503, headers: [SIPHeader("Retry-After", "10")], at: now)
            return []
        }
        let target: ReferTarget
        switch referred(by: request) {
        case .refused(let status, let reason):
            reply(request, id, status, reason, at: now)
            return []
        case .list:
            reply(request, id, 400, "One at a time", at: now)
            return []
        case .one(let one): target = one
        }
        guard target.method == .invite else {
            reply(request, id, 400, "Method not supported", at: now)
            return []
        }
        let consultation = target.replaces.flatMap { DialogReference(parsing: $0) }.flatMap {
            call(of: $0, with: found)
        }
        let isSilent = request.header("Refer-Sub")?.lowercased().hasPrefix("false") == true
        let (refer, number) = (ReferID(value: newRequest().value), newRequest())
        refers[refer] = SIPRefer(
            request: request, transaction: id, contact: entry.contact, dialog: isSilent ? nil : dialog,
            event: entry.hadRefer ? "refer;id=\(request.cseq.number)" : "refer", targets: 1)
        requests[number] = refer
        dialogs[dialog]?.hadRefer = true
        if !isSilent {
            refers[refer]?.endsAt = now + .seconds(SIPRefer.subscriptionTime)
            dialogs[dialog]?.refers.insert(refer)
        }
        return [
            .transfer(
                Transfer(
                    id: number, leg: leg, target: target.address(on: found.flow, conference.configuration.talkDomain),
                    displayName: target.displayName,
                    referral: Referral(
                        replaces: consultation == nil ? target.replaces : nil,
                        referredBy: request.header("Referred-By")),
                    consultation: consultation))
        ]
    }

    /// The call of ours that a Replaces means, if it is the same phone's, or person's.
    private func call(of reference: DialogReference, with leg: SIPLeg) -> LegID? {
        guard let other = dialogs[reference.id]?.leg.flatMap({ legs[$0] }), other.isLive,
            other.peer.bare == leg.peer.bare || other.flow.remote == leg.flow.remote
        else { return nil }
        return other.id
    }

    /// INVITE with Replaces of a bridged call.
    func takePlace(
        of leg: SIPLeg, _ reference: DialogReference, _ target: inout InviteTarget, _ conference: Conference
    ) throws(TargetRefusal) {
        if case .offered = leg.stage { throw TargetRefusal(481) }
        guard conference.hasPlace(leg.id) else { throw TargetRefusal(481) }
        if reference.isEarlyOnly { throw TargetRefusal(486) }
        target.replaces = leg.id
        target.isRoom = false
        target.room = nil
        target.user = leg.contact.uri.user
    }
}
