import Primitives

extension ICEAgent {
    /// The STUN server side of a check (RFC 8445 section 7.3).
    mutating func answer(_ request: STUNMessage, from remote: SocketAddress, to local: SocketAddress, _ now: Instant) {
        var username: String?
        var priority: UInt32?
        var conflict: (role: ICERole, tieBreaker: UInt64)?
        var usesCandidate = false
        for attribute in request.attributes {
            switch attribute {
            case .username(let name): username = username ?? name
            case .priority(let value): priority = priority ?? value
            case .iceControlling(let value): conflict = conflict ?? (.controlling, value)
            case .iceControlled(let value): conflict = conflict ?? (.controlled, value)
            case .useCandidate: usesCandidate = true
            default: break
            }
        }
        func reply(_ messageClass: STUNMessage.MessageClass, _ attribute: [STUNAttribute], key: String?) {
            let message = STUNMessage(messageClass, request.transactionID, attribute)
            let bytes = message.encoded(key: key.map { Array($0.utf8) }, hashing: hashing)
            packets.append(ICEPacket(bytes: bytes, local: local, remote: remote))
        }
        guard let username, request.integrity != nil else {
            events.append(.refused(remote, code: 400))
            return reply(.error, [.errorCode(400, reason: "Bad Request")], key: nil)
        }
        let names = username.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let ufrag = names.first,
            let credentials = [localCredentials, previousCredentials].compactMap(\.self).first(where: {
                $0.ufrag == ufrag
            })
        else { return }
        guard request.isAuthentic(key: Array(credentials.pwd.utf8), hashing: hashing) else {
            events.append(.refused(remote, code: 401))
            return reply(.error, [.errorCode(401, reason: "Unauthorized")], key: nil)
        }
        let unknown = request.unknownRequired
        guard unknown.isEmpty else {
            return reply(
                .error, [.errorCode(420, reason: "Unknown Attribute"), .unknownAttributes(unknown)],
                key: credentials.pwd)
        }
        if credentials == localCredentials, let conflict, conflict.role == role {
            let wins = tieBreaker >= conflict.tieBreaker
            if wins == (role == .controlling) {
                return reply(.error, [.errorCode(487, reason: "Role Conflict")], key: credentials.pwd)
            }
            changeRole(to: role.reversed)
        }
        reply(.success, [.xorMappedAddress(remote)], key: credentials.pwd)
        learn(remote, isProven: false)
        guard credentials == localCredentials else { return }
        acceptCheck(
            EarlyCheck(
                local: local, remote: remote, remoteUfrag: names.count > 1 ? String(names[1]) : "",
                priority: priority ?? Candidate.priority(.prflx, localPreference: 0, component: 1),
                usesCandidate: usesCandidate), now)
    }

    /// Triggered checks and nomination by the peer (RFC 8445 sections 7.3.1.3 to 7.3.1.5); a check under credentials
    /// that are not signalled yet is kept for `setRemote`.
    mutating func acceptCheck(_ check: EarlyCheck, _ now: Instant) {
        guard check.remoteUfrag == remoteCredentials?.ufrag else { return remember(check) }
        let remote = remoteCandidate(check.remote, priority: check.priority)
        guard let id = pairID(local: localCandidate(base: check.local), remote: remote, force: true),
            let pair = checks[id]
        else { return }
        let isNominated = check.usesCandidate && role == .controlled
        if isNominated { checks.update(id) { $0.lastNominated = now } }
        switch pair.state {
        case .succeeded where isFresh(pair, now):
            if isNominated { nominate(id, now) }
            let age = pair.lastSuccess.map { now - $0 } ?? .zero
            if selection?.pairID != id, age > configuration.consentInterval * 2 { checks.trigger(id) }
        case .succeeded:
            checks.update(id) { $0.nominatesOnSuccess = isNominated }
            checks.trigger(id)
        case .inProgress, .waiting, .frozen, .failed:
            cancelTransactions(of: id, now)
            checks.update(id) { pair in
                pair.state = .waiting
                pair.nominatesOnSuccess = pair.nominatesOnSuccess || isNominated
            }
            checks.trigger(id)
        }
    }

    private mutating func remember(_ check: EarlyCheck) {
        let known = early.firstIndex {
            $0.local == check.local && $0.remote == check.remote && $0.remoteUfrag == check.remoteUfrag
        }
        if let known {
            early[known].usesCandidate = early[known].usesCandidate || check.usesCandidate
        } else {
            if early.count >= configuration.maximumPeerReflexive { early.removeFirst() }
            early.append(check)
        }
    }

    /// Tells once of each address, and once more when it is proven.
    mutating func learn(_ address: SocketAddress, isProven: Bool) {
        if let known = learned[address], known || !isProven { return }
        if learned.count >= 256 { learned = [:] }
        learned[address] = isProven
        events.append(.learned(address, isProven: isProven))
    }
}
