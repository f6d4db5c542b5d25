import Primitives

extension TURNClient {
    /// Sends a request, with credentials once the server has said what it wants (RFC 8489 section 9.2.3).
    mutating func request(_ purpose: TURNTransaction.Purpose, staleNonces: Int = 0, _ now: Instant) {
        let id = STUNTransactionID.random(entropy)
        var message: STUNMessage
        switch purpose {
        case .allocate:
            message = STUNMessage(
                .request, method: TURN.allocate, id,
                [.requestedUDP, isIPv6Only ? .requestedIPv6 : .additionalIPv6, .lifetime(wantedLifetime)])
        case .refresh: message = STUNMessage(.request, method: TURN.refresh, id, [.lifetime(wantedLifetime)])
        case .clear: message = STUNMessage(.request, method: TURN.refresh, id, [.lifetime(0)])
        case .permission(let ip):
            message = STUNMessage(
                .request, method: TURN.createPermission, id, [.peerAddress(SocketAddress(ip, 0), id)])
        case .channel(let peer, let number):
            message = STUNMessage(
                .request, method: TURN.channelBind, id, [.channelNumber(number), .peerAddress(peer, id)])
        }
        var key: [UInt8]?
        if let realm, let nonce {
            message.attributes += [.username(active.username), .realm(realm), .nonce(nonce)]
            key = active.key(realm: realm, hashing: hashing)
        }
        let bytes = message.encoded(key: key, hashing: hashing)
        let wait = isReliable ? configuration.reliableWait : configuration.rto
        transactions.append(
            TURNTransaction(
                id: id, purpose: purpose, request: bytes, key: key, staleNonces: staleNonces, due: now + wait))
        packets.append(bytes)
    }

    private var wantedLifetime: UInt32 { UInt32(clamping: configuration.lifetime.nanoseconds / 1_000_000_000) }

    mutating func retransmit(_ now: Instant) {
        for due in transactions where due.due <= now {
            guard let index = transactions.firstIndex(where: { $0.id == due.id }) else { continue }
            guard !isReliable, due.transmissions < configuration.transmissions else {
                transactions.remove(at: index)
                giveUp(due.purpose, .noAnswer, now)
                continue
            }
            let sent = due.transmissions + 1
            transactions[index].transmissions = sent
            let factor = sent < configuration.transmissions ? 1 << min(sent - 1, 16) : configuration.lastWait
            transactions[index].due = now + configuration.rto * factor
            packets.append(due.request)
        }
    }

    /// An answer (RFC 8489 section 9.2.5). A success that is not signed as our request was is as if it had not come.
    mutating func complete(_ response: STUNMessage, _ now: Instant) {
        guard let index = transactions.firstIndex(where: { $0.id == response.transactionID }) else { return }
        let transaction = transactions[index]
        if let key = transaction.key {
            let isSigned = response.isAuthentic(key: key, hashing: hashing)
            guard isSigned || response.messageClass == .error && response.integrity == nil else { return }
        }
        transactions.remove(at: index)
        if response.messageClass == .success {
            succeed(transaction.purpose, response, now)
        } else {
            fail(transaction, response, now)
        }
    }

    private mutating func succeed(_ purpose: TURNTransaction.Purpose, _ response: STUNMessage, _ now: Instant) {
        switch purpose {
        case .allocate:
            relayed = response.relayedAddresses
            guard !relayed.isEmpty else { return lose(.malformed, now) }
            mapped = response.reflexiveAddress
            (retry, redirections, hasCleared) = (configuration.firstRetry, 0, false)
            extend(by: response.lifetime, now)
            events.append(.allocated(relayed, mapped: mapped))
        case .refresh: extend(by: response.lifetime, now)
        case .clear: allocate(now)
        case .permission(let ip): permit(ip, now)
        case .channel(let peer, _): bound(peer, now)
        }
    }

    /// A refresh is due a minute before the end, or half way where that is short (RFC 8656 section 7.1).
    private mutating func extend(by lifetime: UInt32?, _ now: Instant) {
        let lifetime = Duration.seconds(Int64(min(max(lifetime ?? 600, 4), 86_400)))
        let margin = min(configuration.renewalMargin, lifetime / 2)
        state = .allocated(refresh: now + lifetime - margin, expires: now + lifetime)
    }

    private mutating func fail(_ transaction: TURNTransaction, _ response: STUNMessage, _ now: Instant) {
        let code = response.errorCode ?? 500
        if code == 401 && transaction.key == nil || code == 438, let nonce = response.nonce, transaction.staleNonces < 3
        {
            self.nonce = nonce
            realm = response.realm ?? realm
            if realm != nil {
                return request(transaction.purpose, staleNonces: transaction.staleNonces + 1, now)
            }
        }
        if code == 300, transaction.purpose == .allocate, let server = response.alternateServer,
            redirections < configuration.maximumRedirections
        {
            redirections += 1
            (realm, nonce) = (nil, nil)
            events.append(.redirected(server))
            return allocate(now)
        }
        switch code {
        case 401, 441: giveUp(transaction.purpose, .unauthorized, now)
        case 437 where transaction.purpose == .allocate && !hasCleared:
            // An allocation of an earlier life has our address: it is to go first.
            hasCleared = true
            request(.clear, now)
        case 440 where transaction.purpose == .allocate && !isIPv6Only:
            isIPv6Only = true
            allocate(now)
        // Gone already; the answer that said so was lost.
        case 437 where transaction.purpose == .clear: allocate(now)
        case 437: giveUp(transaction.purpose, .mismatch, now)
        default: giveUp(transaction.purpose, .refused(code), now)
        }
    }

    private mutating func giveUp(_ purpose: TURNTransaction.Purpose, _ failure: TURNFailure, _ now: Instant) {
        switch purpose {
        case .allocate, .clear, .refresh:
            hasCleared = false
            // What the server knows of us may be of another realm or age.
            (realm, nonce) = (nil, nil)
            lose(failure, now)
        case .permission(let ip):
            if failure == .mismatch { return lose(failure, now) }
            forbid(ip, now)
        case .channel(let peer, _):
            if failure == .mismatch { return lose(failure, now) }
            unbound(peer, now)
        }
    }
}
