import Conference
import SIP

/// What a final response of whom we called says, for people.
enum RefusalWords {
    /// Most characters of a phrase of the peer's that are passed on.
    static let longest = 100

    static func text(_ status: Int, phrase: String, _ cause: Q850Cause? = nil, said: String? = nil) -> String {
        let words = cause?.words ?? cause?.text ?? said ?? usual(status)
        let phrase = phrase.isEmpty ? SIPStatus.reason(status) : phrase
        return "\(words.prefix(longest)) (\(status) \(phrase.prefix(longest)))"
    }

    private static func usual(_ status: Int) -> String {
        switch status {
        case 300..<400: "The call is redirected, which is not followed"
        case 401, 407: "The password for the other side is not taken there"
        case 402: "The call is not paid for"
        case 482, 483: "The call came back to where it began"
        case 502, 503: "The other side cannot place calls for the moment"
        case 607, 608: "The call is not wanted"
        case 400..<500: "The other side does not take the call"
        default: "The other side has a fault"
        }
    }
}
