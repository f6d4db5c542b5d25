import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// What a client does in a call beside talking, and is told: keys (XEP-0181), and transfers (XEP-0251).
extension JingleLegs {
    /// A key for a client that took no telephone-event; others hear it as RFC 4733 has it, from the media side.
    mutating func sendKey(_ id: LegID, _ key: DTMFKey, now: Instant) {
        guard let leg = legs[id], leg.isActive, leg.agreed?.sendEvents == nil,
            let request = leg.session?.inform(key: key.character)
        else { return }
        send(request, of: leg, now: now)
    }

    /// Why a transfer cannot be, as far as that is known before the domain is asked: a room's call goes nowhere else, and
    /// a session that is named must be one of the same device with us.
    func refusal(of element: JingleElement, in leg: JingleLeg) -> JingleError? {
        guard element.action == .sessionInfo, let wish = JingleTransfer(in: element) else { return nil }
        guard leg.isActive, !leg.isFocus else { return .unsupportedInfo }
        guard let sid = wish.sid else { return nil }
        return consultation(sid, of: leg) == nil ? .unknownSession : nil
    }

    func transfer(_ wish: JingleTransfer, of leg: JingleLeg) -> [Command] {
        [
            .transfer(
                Transfer(
                    id: nil, leg: leg.id, target: PeerAddress(wish.to),
                    consultation: wish.sid.flatMap { consultation($0, of: leg) }))
        ]
    }

    private func consultation(_ sid: String, of leg: JingleLeg) -> LegID? {
        guard let other = bySID[sid].flatMap({ legs[$0] }), other.id != leg.id, other.isActive, other.peer == leg.peer
        else { return nil }
        return other.id
    }
}
