import Primitives

/// The candidate pairs by descending priority, and the triggered-check queue (RFC 8445 sections 6.1.2 and 6.1.4.1).
struct CheckList: Sendable {
    private(set) var pairs: [CheckPair] = []
    private var triggered: [Int] = []
    private var lastID = 0

    subscript(id: Int) -> CheckPair? { pairs.first { $0.id == id } }

    func pair(base: SocketAddress, remote: SocketAddress) -> CheckPair? {
        pairs.first { $0.local.base == base && $0.remote.address == remote }
    }

    mutating func update(_ id: Int, _ change: (inout CheckPair) -> Void) {
        guard let index = pairs.firstIndex(where: { $0.id == id }) else { return }
        change(&pairs[index])
    }

    mutating func removeAll() {
        pairs = []
        triggered = []
    }

    /// Adds a pair; when the list is full, the lowest pair that waits or failed gives way if it is lower than the new
    /// one, or in any case when `force` is set.
    /// - Returns: the pair's id, or nil when there is no place.
    mutating func insert(
        local: Candidate, remote: Candidate, priority: UInt64, limit: Int, sparing selected: Int?, force: Bool
    ) -> Int? {
        if pairs.count >= limit {
            let victim = pairs.lastIndex { pair in
                pair.state != .inProgress && pair.state != .succeeded && pair.id != selected
                    && !triggered.contains(pair.id)
            }
            guard let victim = victim ?? (force ? pairs.lastIndex { $0.id != selected } : nil),
                force || pairs[victim].priority < priority
            else { return nil }
            let id = pairs.remove(at: victim).id
            triggered.removeAll { $0 == id }
        }
        lastID += 1
        var pair = CheckPair(id: lastID, local: local, remote: remote, priority: priority, state: .waiting)
        let foundation = pair.foundation
        let alike = pairs.filter { $0.foundation == foundation }
        if alike.contains(where: { $0.state == .waiting || $0.state == .inProgress }),
            !alike.contains(where: { $0.state == .succeeded })
        {
            pair.state = .frozen
        }
        pairs.insert(pair, at: pairs.firstIndex { $0.priority < priority } ?? pairs.endIndex)
        return pair.id
    }

    /// Computes every pair's priority anew, and sorts.
    mutating func reprioritise(as role: ICERole) {
        for index in pairs.indices {
            pairs[index].priority = CheckPair.priority(pairs[index].local, pairs[index].remote, as: role)
        }
        pairs.sort { ($0.priority, $1.id) > ($1.priority, $0.id) }
    }

    /// RFC 8445 section 7.2.5.3.3.
    mutating func unfreeze(_ foundation: CheckPair.Foundation) {
        for index in pairs.indices where pairs[index].state == .frozen && pairs[index].foundation == foundation {
            pairs[index].state = .waiting
        }
    }

    mutating func trigger(_ id: Int) {
        if !triggered.contains(id) { triggered.append(id) }
    }

    mutating func untrigger(_ id: Int) { triggered.removeAll { $0 == id } }

    /// Whether `takeNext` would give a pair.
    func hasNext(above minimum: UInt64) -> Bool { !triggered.isEmpty || nextOrdinary(above: minimum) != nil }

    /// The pair to check next (RFC 8445 section 6.1.4.2): a triggered one, or the highest with a priority above
    /// `minimum` that waits, or that is frozen without another of its foundation being busy.
    mutating func takeNext(above minimum: UInt64) -> CheckPair? {
        while !triggered.isEmpty {
            if let pair = self[triggered.removeFirst()] { return pair }
        }
        return nextOrdinary(above: minimum)
    }

    private func nextOrdinary(above minimum: UInt64) -> CheckPair? {
        let open = pairs.prefix { $0.priority > minimum }
        if let waiting = open.first(where: { $0.state == .waiting }) { return waiting }
        guard open.contains(where: { $0.state == .frozen }) else { return nil }
        let busy = Set(pairs.filter { $0.state == .waiting || $0.state == .inProgress }.map(\.foundation))
        return open.first { $0.state == .frozen && !busy.contains($0.foundation) }
    }
}
