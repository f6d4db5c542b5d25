import Conference
import Primitives
import SIP

/// The peer of a call that is up learns to whom it talks from now on (RFC 4916): by another From, where it takes that, and
/// by P-Asserted-Identity (RFC 3325), where it is one of ours or trusted, or wants it as a trunk.
extension SIPAdapter {
    mutating func identify(_ id: LegID, _ party: ConnectedParty, at now: Instant) -> [Command] {
        guard let leg = legs[id], leg.isLive, !leg.isRoom, let dialog = leg.dialog,
            let local = dialogs[dialog]?.dialog.local
        else { return [] }
        let isOurs = isTrusted(leg.flow) || account(at: leg.peer) != nil
        let shown = shown(party, to: leg, after: local, asserting: isOurs && leg.trunk == nil)
        let isNew =
            leg.takesFromChange && (shown.from.uri != local.uri || shown.from.displayName != local.displayName)
        let isTold = isOurs || shown.headers.contains { $0.name != "Privacy" }
        guard isNew || isTold && shown.headers != leg.connected else { return [] }
        if isNew { dialogs[dialog]?.dialog.becomeLocal(shown.from) }
        legs[id]?.connected = shown.headers
        return leg.stage == .up ? timerFired(id, .refresh, at: now) : []
    }

    /// As an INVITE of ours to that peer would show somebody.
    private func shown(
        _ party: ConnectedParty, to leg: SIPLeg, after local: NameAddress, asserting isAsserted: Bool
    ) -> (from: NameAddress, headers: [SIPHeader]) {
        let from = NameAddress(displayName: party.displayName, SIPURI(party.address))
        var invite = SIPMessage(.invite, leg.contact.uri, from: from, to: local, callID: "", sequence: 1)
        var call = OutgoingCall(
            target: leg.peer, caller: party.address, displayName: party.displayName, isFocus: false)
        call.trunk = party.trunk
        identify(&invite, call, by: party.trunk.flatMap { configuration.trunks[$0.name] } ?? SIPTrunk())
        if isAsserted, invite.header("Privacy") == nil, invite.header("P-Asserted-Identity") == nil {
            invite.set("P-Asserted-Identity", invite.from.withoutTag.description)
        }
        return (invite.from.withoutTag, invite.headers)
    }
}

extension NameAddress {
    fileprivate var withoutTag: NameAddress {
        var address = self
        address.parameters.remove("tag")
        return address
    }
}
