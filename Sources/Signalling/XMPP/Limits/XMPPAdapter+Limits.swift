public import Primitives
import XMPP

extension XMPPAdapter {
    /// Whether a stanza is to be looked at. A request that is not gets an error, if it is time for one; presence and
    /// messages are let go.
    mutating func admits(_ stanza: XMLElement, _ from: JID, _ now: Instant) -> Bool {
        switch gate.judge(stanza, from: from, at: now) {
        case .open: return true
        case .shut(let error):
            if let error, stanza.isIQRequest, let reply = stanza.errorReply(error) { outbox.append(reply) }
            return false
        }
    }

    /// To be called every few seconds: writes down who was kept out.
    public mutating func tend(now: Instant) {
        for line in gate.report(at: now) { note(.warning, line) }
    }
}
