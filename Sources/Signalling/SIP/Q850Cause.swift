import Conference
import SIP

/// Why the telephone network ended a call: a cause value of ITU-T Q.850 in a Reason header (RFC 3326, RFC 6432).
struct Q850Cause: Hashable {
    let value: Int
    /// What was written beside it.
    let text: String?

    init?(in message: SIPMessage) {
        for reason in message.list("Reason").map(ParameterizedValue.init(parsing:)) {
            guard reason.value.lowercased() == "q.850", let value = reason.parameters["cause"].flatMap({ Int($0) }),
                (1...127).contains(value)
            else { continue }
            self.value = value
            text = reason.parameters["text"].map { NameAddress.unquoted($0) }
            return
        }
        return nil
    }

    /// What it says of whom was called; nil where it is about the network, or says nothing.
    var reason: EndReason? {
        switch value {
        case 1, 2, 3, 22, 28: .notFound
        case 17: .busy
        case 18, 19: .noAnswer
        case 20: .unavailable
        case 21: .declined
        case 55, 57, 87: .forbidden
        case 58, 65, 79, 88: .incompatible
        default: nil
        }
    }

    /// What it says of the network, for people.
    var words: String? {
        switch value {
        case 27: "The line of whom was called is out of order"
        case 34: "All lines of the telephone network are in use"
        case 38: "The telephone network is out of order"
        case 41: "The telephone network has a fault for the moment"
        case 42: "The telephone network has too much to do"
        case 44, 47: "The telephone network has no line free"
        case 29, 50, 69: "The telephone network does not offer this"
        case 102: "The telephone network did not answer in time"
        default: nil
        }
    }
}
