import Primitives

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

    /// Whether a request belongs to a transaction that there is.
    public func knows(_ request: SIPMessage, on flow: SIPFlow) -> Bool {
        guard let method = request.method else { return false }
        var request = request
        request.noteSource(of: flow)
        return servers[ServerTransactionID(of: request, method: method)] != nil
    }

    /// Answers 503 without a transaction; the tag is the same when the request is repeated (RFC 3261 section 8.2.7).
    public mutating func refuse(_ request: SIPMessage, on flow: SIPFlow, retryAfter seconds: Int) {
        var request = request
        request.noteSource(of: flow)
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in (request.callID + (request.vias.first?.branch ?? "")).utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        var refusal = request.response(503, tag: String(hash, radix: 36))
        refusal.set("Retry-After", String(seconds))
        send(refusal.bytes, on: request.responseFlow(flow))
    }
}
