import Conference
import Primitives
import SIP

/// What a phone does in a bridged call beside talking: commands by MESSAGE; and what becomes of the call when it grows.
extension SIPAdapter {
    /// MESSAGE in the dialog of a bridged call, if it is a command or keys.
    mutating func callText(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, inCall leg: LegID, _ conference: Conference
    ) -> [Command]? {
        guard let found = legs[leg], conference.bridge(of: leg) != nil,
            let content = try? MessageContent(of: request, limit: configuration.maximumText),
            case .text(let body) = content.part
        else { return nil }
        let peer = PeerAddress(found.isIncoming ? found.invite.to.uri : found.invite.from.uri)
        guard conference.takesCallText(body, in: leg, from: found.peer, to: peer) else { return nil }
        let submission = newSubmission()
        submissions[submission] = PendingSubmission(request: request, transaction: id, flow: flow, leg: leg)
        return [.callText(CallText(id: submission, leg: leg, sender: found.peer, peer: peer, body: body))]
    }

    /// The call is with a room now, or no longer: the Contact says so (RFC 4579 section 5.1), by a refresh.
    mutating func setFocus(_ id: LegID, _ room: RoomName?, at now: Instant) -> [Command] {
        guard var leg = legs[id], leg.isLive, leg.isRoom != (room != nil), let dialog = leg.dialog else { return [] }
        leg.isRoom = room != nil
        leg.connected = []
        leg.contact = contact(
            user: room?.text ?? leg.contact.uri.user, on: leg.flow, isFocus: leg.isRoom, scheme: leg.contact.uri.scheme)
        legs[id] = leg
        dialogs[dialog]?.contact = leg.contact
        let takesText: [Command] = leg.isRoom && leg.text.isTaken ? [.legTakesText(id)] : []
        guard leg.stage == .up else { return takesText }
        return takesText + timerFired(id, .refresh, at: now)
    }
}
