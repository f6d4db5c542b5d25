public import Primitives

/// Requests that are too large for a datagram (RFC 3261 section 18.1.1).
extension TransactionLayer {
    /// Most bytes of a request over UDP where the path's MTU is not known.
    static let datagramLimit = 1300
    /// How long a peer that could not be reached by TCP is not tried again, and how many such are remembered.
    private static let (memory, memories) = (Duration.seconds(600), 10_000)

    /// The connection by which a request is to go that is too large for its flow; nil when it is not.
    func connected(insteadOf flow: SIPFlow, for request: SIPMessage, at now: Instant) -> SIPFlow? {
        guard request.bytes.count > TransactionLayer.datagramLimit, mayTryTCP(insteadOf: flow, at: now) else {
            return nil
        }
        return SIPFlow(.tcp, local: flow.local, remote: flow.remote, serverName: flow.serverName)
    }

    /// Whether what would go by UDP may go by TCP: nothing is known against it.
    public func mayTryTCP(insteadOf flow: SIPFlow, at now: Instant) -> Bool {
        sendsLargeByTCP && flow.transport == .udp && !(withoutTCP[flow.remote].map { $0 > now } ?? false)
    }

    /// There is no TCP to a peer: what was to go by it goes by UDP after all, in the same transaction.
    mutating func fallBack(from remote: SocketAddress, at now: Instant) {
        if withoutTCP.count >= TransactionLayer.memories { withoutTCP = withoutTCP.filter { $0.value > now } }
        if withoutTCP.count < TransactionLayer.memories { withoutTCP[remote] = now + TransactionLayer.memory }
        for (id, entry) in clients where entry.flow.transport == .tcp && entry.flow.remote == remote {
            guard let flow = entry.fallback, entry.machine.isPending else { continue }
            var request = entry.machine.request
            request.vias[0].transport = flow.transport.viaName
            restart(request, id, flow, cancelHeaders: entry.cancelHeaders, at: now)
        }
    }
}

/// Shares of the table.
extension TransactionLayer {
    /// Whether a request from an address may make a transaction: of the last quarter of the table nobody has more than
    /// an eighth.
    func hasRoom(for source: IPAddress) -> Bool {
        guard servers.count < limit else { return false }
        return limit < 64 || servers.count < limit * 3 / 4 || shares[source, default: 0] < limit / 8
    }

    mutating func release(_ source: IPAddress) {
        let left = shares[source, default: 1] - 1
        shares[source] = left > 0 ? left : nil
    }

    /// Whether a request of ours to an address may make a transaction: shares are as for theirs, so that who answers
    /// nothing leaves room for the others. The last sixteenth is for what calls need, and a BYE is only refused when
    /// nothing is left.
    func hasRoom(for request: SIPMessage, to remote: IPAddress) -> Bool {
        guard clients.count < limit else { return false }
        guard limit >= 64, clients.count >= limit * 3 / 4, request.method != .bye else { return true }
        let isOfCall = request.to.tag != nil && request.method != .notify
        return clientShares[remote, default: 0] < limit / 8 && (isOfCall || clients.count < limit * 15 / 16)
    }

    /// A transaction of ours is over.
    mutating func forget(_ id: ClientTransactionID) {
        guard let remote = clients.removeValue(forKey: id)?.flow.remote.ip else { return }
        let left = clientShares[remote, default: 1] - 1
        clientShares[remote] = left > 0 ? left : nil
    }
}
