import Primitives

/// The IQ requests that we sent and that are not answered yet (RFC 6120 section 8.2.3).
///
/// A reply counts only when it comes from whom the request went to.
public struct IQRequests<Context: Sendable>: Sendable {
    private struct Key: Hashable {
        let id: String
        let peer: JID
    }

    private struct Pending {
        let context: Context
        let deadline: Instant
    }

    private var pending: [Key: Pending] = [:]
    /// Void where the request is answered or forgotten.
    private var deadlines = TimerHeap<Key>()
    private let timeout: Duration

    public init(timeout: Duration = .seconds(30)) { self.timeout = timeout }

    public var count: Int { pending.count }

    /// When `expire` is to be called next; may be early, never late.
    public var nextWake: Instant? { deadlines.next }

    /// Notes a request that is being sent, with what is to be known about it when the reply comes.
    public mutating func sent(id: String, to peer: JID, _ context: Context, now: Instant) {
        let key = Key(id: id, peer: peer)
        pending[key] = Pending(context: context, deadline: now + timeout)
        deadlines.push(now + timeout, key)
    }

    /// The context of the request that an IQ answers; nil when it answers none. A request is answered once.
    public mutating func answered(by reply: XMLElement) -> Context? {
        guard reply.isIQReply, let id = reply.id, let peer = reply.from else { return nil }
        return pending.removeValue(forKey: Key(id: id, peer: peer))?.context
    }

    /// The contexts of those requests whose time is over, oldest first.
    public mutating func expire(now: Instant) -> [Context] {
        var over: [Context] = []
        while let key = deadlines.pop(dueBy: now) {
            guard let request = pending[key], request.deadline <= now else { continue }
            pending[key] = nil
            over.append(request.context)
        }
        return over
    }

    /// Forgets the requests for which the condition holds.
    public mutating func cancel(where condition: (Context) -> Bool) {
        pending = pending.filter { !condition($0.value.context) }
    }
}
