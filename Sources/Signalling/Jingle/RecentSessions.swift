import XMPP

/// The sessions that ended last, so that a late or repeated stanza about one of them is known for what it is.
struct RecentSessions {
    private struct Key: Hashable {
        var sid: String
        var peer: JID
    }

    private static let capacity = 512
    private var known: Set<Key> = []
    private var order: [Key] = []
    private var oldest = 0

    /// - Parameter peer: kept without its resource.
    mutating func insert(_ sid: String, _ peer: JID) {
        let key = Key(sid: sid, peer: peer.bare)
        guard known.insert(key).inserted else { return }
        if order.count < RecentSessions.capacity {
            order.append(key)
        } else {
            known.remove(order[oldest])
            order[oldest] = key
            oldest = (oldest + 1) % RecentSessions.capacity
        }
    }

    func contains(_ sid: String, _ peer: JID) -> Bool { known.contains(Key(sid: sid, peer: peer.bare)) }
}
