import Conference
import Primitives
import SIP

/// Texts of calls that end: who wrote one hears what became of it (RFC 6120 section 8.3, RFC 7572 section 4).
extension SIPAdapter {
    /// What waits is lost with the call; what is on its way may still be answered.
    mutating func endTexts(of leg: inout SIPLeg) -> [Command] {
        let inFlight = leg.text.inFlight?.transaction
        let rest = leg.text.end()
        if let inFlight { purposes[inFlight] = .nothing }
        if let last = rest.last, last.text.delivery != nil { purposes[last.transaction] = .lastText(last.text) }
        var commands: [Command] = []
        for text in rest.lost { commands += report(.failed, of: text, to: leg, because: 480) }
        return commands
    }

    /// The answer of a phone that has hung up, or been hung up on.
    func lastTextAnswered(_ text: OutgoingTexts.Text, status: Int) -> [Command] {
        guard let id = text.delivery else { return [] }
        guard (200..<300).contains(status) else {
            return [.instantOutcome(id, .failed(.recipientUnavailable), by: nil)]
        }
        return [.instantOutcome(id, text.outcome(status: max(text.soFar, status)), by: nil)]
    }
}
