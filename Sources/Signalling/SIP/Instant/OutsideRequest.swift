import Conference
import Primitives
import SIP

/// Names a request of ours outside of any dialog.
public struct OutsideID: Hashable, Sendable {
    let value: UInt64
}

/// A request of ours outside of any dialog, until its final response: looked up, sent to one target after the other or
/// to all phones of an account at once, with credentials where they are demanded.
struct OutsideRequest {
    enum Use: Hashable {
        /// A text, or a word about one.
        case text(OutsideText)
        /// Presence that is asked for on the other side's behalf.
        case watch(PresenceLink)
    }

    var request: SIPMessage
    let peer: PeerAddress
    var use: Use
    /// Of a text: who writes, as seen from there, and when it is too late to be sent.
    var sender: PeerAddress?
    var until: Instant?
    /// Where else it may be sent, in order of preference.
    var targets: [SIPTarget] = []
    /// The target that it was sent to last.
    var current: SIPTarget?
    var transaction: ClientTransactionID?
    /// Phones of an account that have not answered, and what others have.
    var branches: Set<ClientTransactionID> = []
    var refusals: [Int] = []
    /// Our name and password there, where it goes by a trunk.
    var user: DigestUser?
    var digest: DigestClient?
    /// How many challenges it has met.
    var challenges = 0

    /// What is said of several refusals (RFC 3261 section 16.7): one for everybody, else the best.
    var bestRefusal: Int {
        refusals.first { $0 >= 600 } ?? refusals.filter { $0 != 408 && $0 != 503 }.min() ?? refusals.last ?? 480
    }
}

/// What of a text is to be known when it is answered.
struct OutsideText: Hashable {
    enum Kind: Hashable {
        /// The delivery's id.
        case text(String)
        case composing, report
    }

    var kind: Kind
    /// The same for who turns out to take no CPIM.
    var plain: [UInt8]?
    /// Whether it goes to a phone that registered here, whose 200 is its own.
    var isHome: Bool
}
