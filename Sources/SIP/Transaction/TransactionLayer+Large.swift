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
