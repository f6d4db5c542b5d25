import Conference
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

/// All of them, and what waits: one text at a time goes to an address, in order.
struct OutsideRequests {
    static let limit = 2000
    private static let limitOfOne = 100
    private var requests: [OutsideID: OutsideRequest] = [:]
    private var waiting: [PeerAddress: [OutsideRequest]] = [:]
    private var busy: [PeerAddress: OutsideID] = [:]
    private var waitingCount = 0
    private var last: UInt64 = 0

    var count: Int { requests.count + waitingCount }

    subscript(_ id: OutsideID) -> OutsideRequest? {
        get { requests[id] }
        set { requests[id] = newValue }
    }

    mutating func newID() -> OutsideID {
        last += 1
        return OutsideID(value: last)
    }

    /// Takes a text in line.
    /// - Returns: its number where it is the first; nil where it waits or, with false, where too many do.
    mutating func line(up request: OutsideRequest) -> (id: OutsideID?, isTaken: Bool) {
        guard count < OutsideRequests.limit else { return (nil, false) }
        if busy[request.peer] != nil {
            guard waiting[request.peer, default: []].count < OutsideRequests.limitOfOne else { return (nil, false) }
            waiting[request.peer, default: []].append(request)
            waitingCount += 1
            return (nil, true)
        }
        return (begin(request), true)
    }

    private mutating func begin(_ request: OutsideRequest) -> OutsideID {
        let id = newID()
        busy[request.peer] = id
        requests[id] = request
        return id
    }

    /// A request is over; gives the next one in its line, where it was first there.
    mutating func finished(_ id: OutsideID) -> OutsideID? {
        guard let peer = requests.removeValue(forKey: id)?.peer, busy[peer] == id else { return nil }
        busy[peer] = nil
        guard var line = waiting[peer], !line.isEmpty else { return nil }
        let next = line.removeFirst()
        waitingCount -= 1
        waiting[peer] = line.isEmpty ? nil : line
        return begin(next)
    }
}
