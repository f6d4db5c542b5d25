import Conference
import Primitives
import SIP

/// Who writes, as a phone may see it: no more than a call from there shows, wherever in a request it stands
/// (RFC 3323 section 4.1).
struct InstantWriter {
    /// As it stands in From.
    let from: NameAddress
    /// As it stands in a body: behind a number or a name of somebody else's no name of its own.
    let inside: CPIMMessage.Address

    init(_ from: NameAddress, isHidden: Bool) {
        self.from = from
        inside = CPIMMessage.Address(
            name: isHidden ? nil : from.displayName, uri: from.uri.withoutParameters.description)
    }
}

extension SIPAdapter {
    /// In a call by a trunk, or by an account elsewhere, who its dialog says it is.
    func writer(of delivery: InstantDelivery, inCall leg: SIPLeg) -> InstantWriter {
        let own = NameAddress(displayName: delivery.displayName, SIPURI(delivery.sender))
        let isByTrunk = leg.trunk != nil || delivery.way?.trunk?.callerID != nil
        guard isByTrunk || leg.line != nil, let local = leg.dialog.flatMap({ dialogs[$0] })?.dialog.local,
            leg.line != nil || local.uri.withoutParameters != own.uri
        else { return InstantWriter(own, isHidden: false) }
        return InstantWriter(
            NameAddress(displayName: local.displayName, local.uri.withoutParameters), isHidden: true)
    }

    /// Outside of any call, as in an INVITE by that way, in the request too; by an account elsewhere, as that.
    func identify(
        _ request: inout SIPMessage, _ delivery: InstantDelivery, _ way: InstantDelivery.Way, _ line: SIPLine?
    ) -> InstantWriter {
        let account = line?.client.account.address.withoutParameters
        if let account, account != request.from.uri {
            let tag = request.from.tag
            request.from = NameAddress(account)
            request.from.tag = tag
            return InstantWriter(request.from, isHidden: true)
        }
        guard let trunk = way.trunk, trunk.callerID != nil else { return InstantWriter(request.from, isHidden: false) }
        request.from.displayName = nil
        var call = OutgoingCall(target: way.target, caller: delivery.sender, displayName: nil, isFocus: false)
        call.trunk = trunk
        identify(&request, call, by: configuration.trunks[trunk.name] ?? SIPTrunk())
        return InstantWriter(request.from, isHidden: true)
    }
}
