import Conference
import SIP

/// Calls of ours, by what is left of their INVITEs when they come back to us: the Call-ID and tag behind a proxy, the two
/// numbers behind a PBX that calls anew.
struct OwnCalls {
    private struct Numbers: Hashable {
        var from: String
        var to: String

        init?(_ request: SIPMessage) {
            guard let from = request.from.uri.user, let to = request.requestURI?.user else { return nil }
            self.from = Numbers.plain(from)
            self.to = Numbers.plain(to)
        }

        /// However the country's code is begun.
        private static func plain(_ user: String) -> String {
            let digits = NumberPlan.isNumber(user) ? user.filter(\.isNumber).drop { $0 == "0" } : user[...]
            return digits.lowercased()
        }
    }

    private var dialogs: [String: LegID] = [:]
    private var numbers: [Numbers: LegID] = [:]

    mutating func insert(_ leg: LegID, _ invite: SIPMessage) {
        dialogs[OwnCalls.key(invite)] = leg
        if let pair = Numbers(invite) { numbers[pair] = leg }
    }

    mutating func remove(_ leg: LegID, _ invite: SIPMessage) {
        dialogs[OwnCalls.key(invite)] = nil
        if let pair = Numbers(invite), numbers[pair] == leg { numbers[pair] = nil }
    }

    /// Whether that is an INVITE of ours.
    func contains(_ request: SIPMessage) -> Bool { dialogs[OwnCalls.key(request)] != nil }

    /// The call of ours between the same two numbers.
    func twin(of request: SIPMessage) -> LegID? { Numbers(request).flatMap { numbers[$0] } }

    private static func key(_ request: SIPMessage) -> String { "\(request.from.tag ?? "") \(request.callID)" }
}
