import Conference
import Primitives
import SIP

/// All of them, and what waits: one text at a time goes to an address, in order. No sender and no host has more than its
/// share of the room, and nothing waits for long, so that a host that is silent is in the way of its own texts alone.
struct OutsideRequests {
    static let limit = 2000
    static let limitOfSender = 100
    static let limitOfHost = 500
    private static let limitOfOne = 100
    /// How long a text waits for those before it.
    static let patience = Duration.seconds(60)

    private struct Line: Alarmed {
        var requests: [OutsideRequest] = []
        var nextWake: Instant? { requests.first?.until }
    }

    private var requests: [OutsideID: OutsideRequest] = [:]
    private var lines = AlarmTable<PeerAddress, Line>()
    private var busy: [PeerAddress: OutsideID] = [:]
    /// Texts that are sent or wait, all of them, by sender and by host.
    private var textCount = 0
    private var senders: [PeerAddress: Int] = [:]
    private var hosts: [String: Int] = [:]
    private var last: UInt64 = 0

    var nextWake: Instant? { lines.nextWake }
    /// How many are out for presence.
    var watchCount: Int { requests.count - busy.count }
    /// How many texts wait or are sent, and how many senders and hosts have any.
    var load: (texts: Int, senders: Int, hosts: Int) { (textCount, senders.count, hosts.count) }

    subscript(_ id: OutsideID) -> OutsideRequest? {
        get { requests[id] }
        set { requests[id] = newValue }
    }

    mutating func newID() -> OutsideID {
        last += 1
        return OutsideID(value: last)
    }

    // MARK: In line

    /// Takes a text in line.
    /// - Returns: its number where it is the first; nil where it waits or, with false, where too many do.
    mutating func line(up request: OutsideRequest, at now: Instant) -> (id: OutsideID?, isTaken: Bool) {
        var request = request
        request.until = now + OutsideRequests.patience
        guard hasRoom(for: request) else { return (nil, false) }
        if busy[request.peer] != nil {
            var line = lines[request.peer] ?? Line()
            guard line.requests.count < OutsideRequests.limitOfOne else { return (nil, false) }
            line.requests.append(request)
            lines[request.peer] = line
            count(request)
            return (nil, true)
        }
        count(request)
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
        guard let request = requests.removeValue(forKey: id), busy[request.peer] == id else { return nil }
        let peer = request.peer
        busy[peer] = nil
        discount(request)
        guard var line = lines[peer], !line.requests.isEmpty else { return nil }
        let next = line.requests.removeFirst()
        lines[peer] = line.requests.isEmpty ? nil : line
        return begin(next)
    }

    /// What waits behind a request that nobody answers, and is not to wait for the same.
    mutating func takeLine(behind id: OutsideID) -> [OutsideRequest] {
        guard let peer = requests[id]?.peer, busy[peer] == id, let line = lines.removeValue(forKey: peer) else {
            return []
        }
        for request in line.requests { discount(request) }
        return line.requests
    }

    /// What has waited for too long.
    mutating func takeOverdue(by now: Instant) -> [OutsideRequest] {
        var overdue: [OutsideRequest] = []
        for peer in lines.takeDue(by: now) {
            guard var line = lines[peer] else { continue }
            let late = line.requests.prefix { $0.until.map { $0 <= now } ?? false }
            overdue += late
            line.requests.removeFirst(late.count)
            lines[peer] = line.requests.isEmpty ? nil : line
        }
        for request in overdue { discount(request) }
        return overdue
    }

    // MARK: Shares

    /// Phones that are at home here are no host: each account has a line of its own.
    private func host(of request: OutsideRequest) -> String? {
        if case .text(let text) = request.use, text.isHome { return nil }
        return request.peer.host.lowercased()
    }

    private func hasRoom(for request: OutsideRequest) -> Bool {
        guard textCount < OutsideRequests.limit else { return false }
        if let sender = request.sender, senders[sender, default: 0] >= OutsideRequests.limitOfSender { return false }
        if let host = host(of: request), hosts[host, default: 0] >= OutsideRequests.limitOfHost { return false }
        return true
    }

    private mutating func count(_ request: OutsideRequest) {
        textCount += 1
        if let sender = request.sender { senders[sender, default: 0] += 1 }
        if let host = host(of: request) { hosts[host, default: 0] += 1 }
    }

    private mutating func discount(_ request: OutsideRequest) {
        textCount -= 1
        if let sender = request.sender { OutsideRequests.take(one: sender, of: &senders) }
        if let host = host(of: request) { OutsideRequests.take(one: host, of: &hosts) }
    }

    private static func take<Key>(one key: Key, of counts: inout [Key: Int]) {
        let left = counts[key, default: 0] - 1
        counts[key] = left > 0 ? left : nil
    }
}
