import Conference
import Primitives
import SIP

/// The end of it all.
extension SIPAdapter {
    /// Nothing new is taken any more; what is under way goes on to its end.
    public mutating func close() { isClosing = true }

    /// Whether somebody is still to say something that we wait for: an answer to a request of ours, or the ACK before
    /// which there may be no BYE. What we wanted to watch is nobody's matter any more.
    public var isBusy: Bool { legs.count > 0 || transactions.awaitsAnswer(but: .subscribe) }

    /// Refuses what would begin something new.
    mutating func refusesAsClosing(_ request: SIPMessage, _ id: ServerTransactionID, at now: Instant) -> Bool {
        guard isClosing, DialogID(ofRequest: request) == nil else { return false }
        reply(request, id, 503, headers: [SIPHeader("Retry-After", "10")], at: now)
        return true
    }
}
