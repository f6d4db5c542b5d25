import Conference
import Primitives
import SIP

/// Provisional responses that are not lost (RFC 3262), and the early dialogs they make.
extension SIPAdapter {
    /// PRACK: the peer has our 180.
    mutating func acknowledgedProvisional(
        _ request: SIPMessage, _ transaction: ServerTransactionID, _ id: LegID, at now: Instant
    ) {
        guard legs[id]?.reliable?.isAcknowledged(by: request) == true else {
            return reply(request, transaction, 481, at: now)
        }
        legs[id]?.reliable = nil
        // The INVITE's offer is answered in the 2xx, so that none can be made before (RFC 3262 section 5).
        reply(request, transaction, request.body.isEmpty ? 200 : 488, at: now)
    }

    /// Our 180 is sent again, or its PRACK will not come.
    mutating func reliableFired(_ id: LegID, at now: Instant) -> [Command] {
        guard var reliable = legs[id]?.reliable else { return [] }
        let action = reliable.wake(at: now)
        legs[id]?.reliable = reliable
        switch action {
        case .repeatResponse(let response, let transaction): transactions.respond(response, to: transaction, at: now)
        case .giveUp:
            note(.info, "\(id): no PRACK came")
            legs[id]?.reliable = nil
            return end(id, .failed("No PRACK"), at: now) + [.legEnded(id, .failed("No PRACK"))]
        case nil: break
        }
        return []
    }

    /// A provisional response to an INVITE of ours: makes an early dialog, and gets its PRACK if it wants one.
    mutating func noteProvisional(_ response: SIPMessage, _ id: LegID, at now: Instant) {
        guard let leg = legs[id], leg.stage == .calling, let early = DialogID(ofResponse: response) else { return }
        if dialogs[early] == nil, leg.earlyDialogs.count < 8,
            let dialog = Dialog(calling: leg.invite, response: response)
        {
            dialogs[early] = SIPDialogEntry(dialog: dialog, flow: leg.flow, contact: leg.contact, leg: id)
            legs[id]?.earlyDialogs[early] = .some(nil)
        }
        guard let sequence = response.reliableSequence, let last = legs[id]?.earlyDialogs[early] else { return }
        // Repeated and overtaken ones are left alone: a PRACK is on its way, or they come again (section 4).
        if let last, sequence != last &+ 1 { return }
        legs[id]?.earlyDialogs[early] = sequence
        send(.prack, in: early, for: .nothing, at: now) { request in
            request.set("RAck", "\(sequence) \(response.cseq.number) INVITE")
        }
    }

    /// The dialog that a 2xx makes or confirms; the early ones of other branches are over.
    mutating func establish(_ response: SIPMessage, _ leg: SIPLeg, _ id: DialogID) -> Dialog? {
        forgetEarlyDialogs(of: leg, but: id)
        guard var dialog = dialogs[id]?.dialog else { return Dialog(calling: leg.invite, response: response) }
        dialog.confirm(by: response)
        return dialog
    }

    mutating func forgetEarlyDialogs(of leg: SIPLeg, but kept: DialogID? = nil) {
        for id in leg.earlyDialogs.keys where id != kept { dialogs[id] = nil }
    }
}
