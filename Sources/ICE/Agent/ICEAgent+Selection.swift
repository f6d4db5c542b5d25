import Primitives

extension ICEAgent {
    /// A nomination this old gives way to any later one, so that a peer may move to a lower pair.
    private static let nominationHold: Duration = .seconds(3)

    /// Whether the peer answered on the pair within the consent timeout.
    func isFresh(_ pair: CheckPair, _ now: Instant) -> Bool {
        pair.state == .succeeded && pair.lastSuccess.map { $0 + configuration.consentTimeout > now } ?? false
    }

    /// A pair became valid: it is used until one is nominated, if it is the best. After a restart the old pair stays.
    mutating func validate(_ id: Int, _ now: Instant) {
        guard let pair = checks[id] else { return }
        guard let selection else { return select(pair, now) }
        guard !selection.pair.isNominated, let current = selection.pairID else { return }
        if pair.priority > checks[current]?.priority ?? 0 { select(pair, now) }
    }

    /// A valid pair is nominated (RFC 8445 section 8.1.1). Of several that a peer nominates, the highest is used
    /// (section 8.1.1.2 of RFC 5245), but the latest word counts when the one before is some seconds old.
    mutating func nominate(_ id: Int, _ now: Instant) {
        checks.update(id) { pair in
            pair.isNominated = true
            pair.nominatesOnSuccess = false
        }
        guard let pair = checks[id] else { return }
        if isConcluded, role == .controlled, let current = selection?.pairID, current != id, let other = checks[current]
        {
            let isHeld = other.lastNominated.map { $0 + Self.nominationHold > now } ?? false
            if isHeld, other.priority >= pair.priority { return }
        }
        select(pair, now)
        quieten(now)
    }

    private mutating func select(_ pair: CheckPair, _ now: Instant) {
        guard let remoteCredentials, let lastSuccess = pair.lastSuccess else { return }
        let chosen = CandidatePair(
            local: pair.mapped ?? pair.local, remote: pair.remote, isNominated: pair.isNominated)
        if let selection, selection.pair == chosen, selection.pairID == pair.id { return }
        let isFirst = selection == nil
        selection = Selection(
            pair: chosen, pairID: pair.id, localUfrag: localCredentials.ufrag, remoteCredentials: remoteCredentials,
            expires: lastSuccess + configuration.consentTimeout, nextCheck: now + consentInterval())
        transactions.removeAll { $0.purpose == .consent }
        events.append(.selected(chosen))
        if isFirst { events.append(.connected) }
    }

    /// RFC 8445 section 8.1.2: pairs that no longer matter are not checked further.
    private mutating func quieten(_ now: Instant) {
        let minimum = checkedAbove
        for pair in checks.pairs where pair.state == .inProgress && pair.priority <= minimum {
            cancelTransactions(of: pair.id, now)
            checks.update(pair.id) { $0.state = .waiting }
        }
    }

    /// The controlling side nominates the best valid pair once nothing better is open, or the delay is over.
    mutating func considerNomination(_ now: Instant) {
        guard let time = nextNomination, time <= now else { return }
        if let best = bestValid(now) { return check(best, usesCandidate: true, now) }
        for pair in checks.pairs where pair.state == .succeeded { checks.update(pair.id) { $0.state = .failed } }
    }

    /// When to nominate; nil when it is not for us, done, or under way.
    var nextNomination: Instant? {
        guard role == .controlling, let firstValid, !isConcluded, remoteCredentials != nil,
            let best = checks.pairs.first(where: { $0.state == .succeeded }),
            !transactions.contains(where: { $0.usesCandidate && $0.purpose != .consent })
        else { return nil }
        let isDirect = best.remote.kind == .host && (best.mapped ?? best.local).kind == .host
        let isBest = !checks.pairs.contains { $0.isOpen && $0.priority > best.priority }
        return remoteIsLite || isDirect && isBest ? firstValid : firstValid + configuration.nominationDelay
    }

    private func bestValid(_ now: Instant) -> CheckPair? {
        checks.pairs.first { $0.isNominated && isFresh($0, now) } ?? checks.pairs.first { isFresh($0, now) }
    }

    private func consentInterval() -> Duration {
        configuration.consentInterval / 1000 * Int(800 + entropy.u32() % 401)
    }

    mutating func renewConsent(local: SocketAddress, remote: SocketAddress, _ now: Instant) {
        guard let selection, selection.pair.local.base == local, selection.pair.remote.address == remote else { return }
        self.selection?.expires = now + configuration.consentTimeout
        if let id = selection.pairID { checks.update(id) { $0.lastSuccess = now } }
    }

    /// RFC 7675 section 5.1. When consent is lost, another pair that was lately seen to work takes over.
    mutating func keepConsent(_ now: Instant) {
        guard let current = selection else { return }
        if current.expires <= now {
            if let id = current.pairID {
                checks.update(id) { $0.state = .failed }
                transactions.removeAll { $0.purpose == .check(id) }
            }
            transactions.removeAll { $0.purpose == .consent }
            if let other = bestValid(now) { return select(other, now) }
            guard current.pairID == nil, connectDeadline != nil else { return fail(.consentLost) }
            selection = nil
        } else if current.nextCheck <= now {
            let interval = consentInterval()
            selection?.nextCheck = now + interval
            send(
                .consent, from: current.pair.local, to: current.pair.remote.address, ufrag: current.localUfrag,
                current.remoteCredentials,
                usesCandidate: role == .controlling && current.pair.isNominated && current.pairID != nil,
                rto: configuration.consentTimeout, now)
        }
    }
}
