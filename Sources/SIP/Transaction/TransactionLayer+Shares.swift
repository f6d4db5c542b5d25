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
}
