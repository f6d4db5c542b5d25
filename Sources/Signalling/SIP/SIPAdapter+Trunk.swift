import Conference
import Primitives
import SIP

/// Calls by trunks: who is shown as the caller, and when a trunk is given up for the next.
extension SIPAdapter {
    /// Puts what a trunk wants to see of the caller into an INVITE.
    func identify(_ invite: inout SIPMessage, _ call: OutgoingCall, by trunk: SIPTrunk) {
        guard let number = call.trunk?.callerID else { return }
        func uri(_ user: String) -> SIPURI { SIPURI(user: user, host: call.target.hostName) }
        let tag = invite.from.tag
        let account = trunk.user.map { uri($0.name) }
        let shown: SIPURI
        if number.lowercased() == "anonymous" {
            // RFC 3323 section 4.1.1.3.
            invite.from = NameAddress(
                displayName: "Anonymous", SIPURI(user: "anonymous", host: "anonymous.invalid"))
            invite.from.tag = tag
            invite.set("Privacy", "id")
            guard let account else { return }
            shown = account
        } else {
            shown = uri(number)
            let own = trunk.identities.contains(.from) ? shown : account
            if let own { invite.from = NameAddress(displayName: call.displayName, own) }
            invite.from.tag = tag
        }
        if trunk.identities.contains(.asserted) { invite.set("P-Asserted-Identity", NameAddress(shown).description) }
        if trunk.identities.contains(.preferred) { invite.set("P-Preferred-Identity", NameAddress(shown).description) }
    }

    /// A call that could not be placed: for another trunk, where it goes by one and nobody was alerted.
    mutating func giveUp(
        _ id: LegID, _ reason: EndReason, _ fault: TrunkFault, at now: Instant
    ) -> [Command] {
        guard let leg = legs[id], leg.isLive, leg.trunk?.isSettled == false else { return drop(id, reason, at: now) }
        _ = forget(id, at: now)
        return [.legUnplaced(id, reason, fault)]
    }

    /// A trunk has said nothing for as long as it may. An answer that comes all the same gets its ACK, and BYE.
    mutating func giveUpSilent(_ id: LegID, at now: Instant) -> [Command] {
        guard let leg = legs[id], leg.isLive, let trunk = leg.trunk, trunk.hasNext, !trunk.isSettled else { return [] }
        note(.info, "\(id): \(leg.peer.host) says nothing")
        return end(id, .cancelled, at: now) + [.legUnplaced(id, .noAnswer, .unreachable)]
    }
}

extension TrunkFault {
    /// What a final response says of the trunk; nil when it is about whom was called.
    init?(_ response: SIPMessage) {
        if Q850Cause(in: response)?.reason != nil { return nil }
        switch response.status ?? 0 {
        case 503:
            let seconds = response.header("Retry-After").flatMap { Int($0.prefix { $0.isASCII && $0.isNumber }) }
            self = seconds.map { .overloaded(seconds: $0) } ?? .refused
        case 300..<400, 401, 407, 408, 482, 483, 500..<600: self = .refused
        default: return nil
        }
    }
}
