import Primitives

extension ICEAgent {
    /// A round of new checks every Ta (RFC 8445 section 6.1.4.2).
    mutating func sendChecks(_ now: Instant) {
        guard remoteCredentials != nil, nextPace <= now, checks.hasNext(above: checkedAbove) else { return }
        for _ in 0..<max(configuration.checksPerPace, 1) {
            guard let pair = checks.takeNext(above: checkedAbove) else { break }
            check(pair, usesCandidate: false, now)
        }
        nextPace = now + configuration.pace
    }

    /// RFC 8445 section 7.2.4; the retransmission time of section 14.3.
    mutating func check(_ pair: CheckPair, usesCandidate: Bool, _ now: Instant) {
        guard let remoteCredentials else { return }
        let open = checks.pairs.count { $0.state == .waiting || $0.state == .inProgress }
        let spread = configuration.pace / max(configuration.checksPerPace, 1) * max(open, 1)
        if pair.state != .succeeded { checks.update(pair.id) { $0.state = .inProgress } }
        send(
            .check(pair.id), from: pair.local, to: pair.remote.address, ufrag: localCredentials.ufrag,
            remoteCredentials, usesCandidate: usesCandidate, rto: max(configuration.minimumRTO, spread), now)
    }

    mutating func send(
        _ purpose: CheckTransaction.Purpose, from local: Candidate, to remote: SocketAddress, ufrag: String,
        _ remoteCredentials: ICECredentials, usesCandidate: Bool, rto: Duration, _ now: Instant
    ) {
        let priority = Candidate.Kind.prflx.typePreference << 24 | local.priority & 0xff_ffff
        let id = STUNTransactionID.random(entropy)
        let key = Array(remoteCredentials.pwd.utf8)
        var message = STUNMessage(
            .request, id,
            [
                .username("\(remoteCredentials.ufrag):\(ufrag)"), .priority(priority),
                role == .controlling ? .iceControlling(tieBreaker) : .iceControlled(tieBreaker),
            ])
        if usesCandidate { message.attributes.append(.useCandidate) }
        let bytes = message.encoded(key: key, hashing: hashing)
        if transactions.count >= 256 {
            transactions.remove(at: transactions.firstIndex { $0.isCancelled } ?? 0)
        }
        transactions.append(
            CheckTransaction(
                id: id, purpose: purpose, request: bytes, local: local.base, remote: remote, key: key, role: role,
                usesCandidate: usesCandidate, priority: priority, rto: rto, due: now + rto))
        packets.append(ICEPacket(bytes: bytes, local: local.base, remote: remote))
    }

    /// Sends again what was not answered; after the last transmission and its wait the pair fails.
    mutating func retransmit(_ now: Instant) {
        for due in transactions where due.due <= now {
            guard let index = transactions.firstIndex(where: { $0.id == due.id }) else { continue }
            guard !due.isCancelled, due.transmissions < due.limit(configuration) else {
                transactions.remove(at: index)
                giveUp(due, now)
                continue
            }
            transactions[index].transmissions += 1
            transactions[index].due = now + transactions[index].wait(configuration)
            packets.append(ICEPacket(bytes: due.request, local: due.local, remote: due.remote))
        }
    }

    private mutating func giveUp(_ transaction: CheckTransaction, _ now: Instant) {
        guard !transaction.isCancelled, case .check(let id) = transaction.purpose, let pair = checks[id] else { return }
        if pair.state == .inProgress || pair.state == .succeeded && (transaction.usesCandidate || !isFresh(pair, now)) {
            checks.update(id) { $0.state = .failed }
        }
    }

    /// Checks of a pair are not sent again, but their answers still count.
    mutating func cancelTransactions(of id: Int, _ now: Instant) {
        for index in transactions.indices where transactions[index].purpose == .check(id) {
            guard !transactions[index].isCancelled else { continue }
            transactions[index].isCancelled = true
            transactions[index].due = now + configuration.minimumRTO * configuration.lastWait
        }
    }

    /// The answer to one of our requests (RFC 8445 section 7.2.5). One without the right MESSAGE-INTEGRITY is as if it
    /// had not come (RFC 8489 section 9.1.4).
    mutating func complete(_ response: STUNMessage, from remote: SocketAddress, to local: SocketAddress, _ now: Instant)
    {
        guard let index = transactions.firstIndex(where: { $0.id == response.transactionID }),
            response.isAuthentic(key: transactions[index].key, hashing: hashing)
        else { return }
        let transaction = transactions.remove(at: index)
        let isSymmetric = transaction.remote == remote && transaction.local == local
        if response.messageClass == .error {
            return refused(response, transaction)
        }
        guard isSymmetric, response.unknownRequired.isEmpty else {
            if case .check(let id) = transaction.purpose, checks[id]?.state == .inProgress {
                checks.update(id) { $0.state = .failed }
            }
            return
        }
        learn(remote, isProven: true)
        switch transaction.purpose {
        case .consent: renewConsent(local: local, remote: remote, now)
        case .check(let id): succeed(id, transaction, seenAs: response.mappedAddress ?? transaction.local, now)
        }
    }

    /// RFC 8445 section 7.2.5.1 for 487; any other error fails the pair.
    private mutating func refused(_ response: STUNMessage, _ transaction: CheckTransaction) {
        let isConflict = response.attributes.contains { if case .errorCode(487, _) = $0 { true } else { false } }
        if isConflict, transaction.role == role { changeRole(to: role.reversed) }
        guard case .check(let id) = transaction.purpose, let pair = checks[id] else { return }
        if isConflict, pair.roleConflicts < 5 {
            checks.update(id) { $0.roleConflicts += 1 }
            guard pair.state == .inProgress || pair.state == .failed else { return }
            checks.update(id) { $0.state = .waiting }
            checks.trigger(id)
        } else if pair.state == .inProgress || transaction.usesCandidate {
            checks.update(id) { $0.state = .failed }
        }
    }

    /// RFC 8445 section 7.2.5.3.
    private mutating func succeed(
        _ id: Int, _ transaction: CheckTransaction, seenAs mapped: SocketAddress, _ now: Instant
    ) {
        guard let pair = checks[id] else { return }
        let local =
            localCandidates.first { $0.address == mapped && $0.base == pair.local.base }
            ?? Candidate(
                kind: .prflx, address: mapped, base: pair.local.base,
                foundation: Candidate.foundation(.prflx, base: pair.local.base.ip), priority: transaction.priority)
        let nominates =
            transaction.usesCandidate ? role == .controlling : role == .controlled && pair.nominatesOnSuccess
        checks.update(id) { pair in
            pair.state = .succeeded
            pair.mapped = local
            pair.lastSuccess = now
            pair.nominatesOnSuccess = false
        }
        checks.unfreeze(pair.foundation)
        checks.untrigger(id)
        transactions.removeAll { $0.purpose == .check(id) && !$0.usesCandidate }
        connectDeadline = nil
        firstValid = firstValid ?? now
        if selection?.pairID == id { renewConsent(local: transaction.local, remote: transaction.remote, now) }
        if nominates { nominate(id, now) } else { validate(id, now) }
    }
}

extension STUNMessage {
    fileprivate var mappedAddress: SocketAddress? {
        for attribute in attributes {
            if case .xorMappedAddress(let address) = attribute {
                return SocketAddress(address.ip.unmapped, address.port)
            }
        }
        return nil
    }
}
