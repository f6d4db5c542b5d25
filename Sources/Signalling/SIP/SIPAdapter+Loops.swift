import Conference
import Primitives
import SIP

/// Calls of ours that come back (RFC 3261 section 16.3, 482).
extension SIPAdapter {
    /// Whether an INVITE is a call of ours that somebody sends back: the very same; or the same two numbers while ours is
    /// not answered, where nobody is whom it would reach.
    func isLoop(_ request: SIPMessage, _ uri: SIPURI, _ conference: Conference) -> Bool {
        if ownCalls.contains(request) { return true }
        guard let twin = ownCalls.twin(of: request).flatMap({ legs[$0] }), !twin.isIncoming, twin.stage == .calling
        else { return false }
        switch conference.dialPlan.destination(of: PeerAddress(uri)) {
        case .peer: return false
        case .room(let name): return conference.room(name) == nil
        case .refused: return true
        }
    }
}
