import Conference
import MediaDescription
import Primitives
import SIP

/// Keys for phones that took no telephone-event: INFO with `application/dtmf-relay`. Others hear them as RFC 4733 has it,
/// from the media side.
extension SIPAdapter {
    mutating func sendKey(_ id: LegID, _ key: DTMFKey, at now: Instant) -> [Command] {
        guard let leg = legs[id], leg.stage == .up, leg.agreed?.sendEvents == nil else { return [] }
        legs[id]?.keys.add(key)
        sendNextKey(id, at: now)
        return []
    }

    /// A key was answered, or was not.
    mutating func keyAnswered(_ id: LegID, at now: Instant) {
        legs[id]?.keys.answered()
        sendNextKey(id, at: now)
    }

    private mutating func sendNextKey(_ id: LegID, at now: Instant) {
        guard let leg = legs[id], leg.stage == .up, let dialog = leg.dialog, let key = legs[id]?.keys.next() else {
            return
        }
        let body = "Signal=\(key.character)\r\nDuration=160\r\n"
        let sent = send(.info, in: dialog, for: .key(id), at: now) { request in
            request.setBody(Array(body.utf8), type: "application/dtmf-relay")
        }
        if sent == nil { legs[id]?.keys.answered() }
    }
}
