public import Primitives

extension ICEAgent {
    /// One of our candidates; each host candidate's base is an address that packets can be sent from.
    @discardableResult
    public mutating func addLocalCandidate(_ candidate: Candidate, now: Instant) -> [ICEEvent] {
        guard localCandidates.count < configuration.maximumLocalCandidates,
            !localCandidates.contains(where: { $0.address == candidate.address && $0.base == candidate.base })
        else { return advance(now) }
        localCandidates.append(candidate)
        formPairs()
        return advance(now)
    }

    /// Candidates of the peer, all at once or trickled (RFC 8838). Those of other components than 1, with addresses that
    /// no packet can be sent to, and those beyond the limit are ignored. Candidates given before `setRemote` wait for it.
    ///
    /// Only UDP candidates with IP addresses are to be given.
    @discardableResult
    public mutating func addRemoteCandidates(_ candidates: [Candidate], now: Instant) -> [ICEEvent] {
        for candidate in candidates { addSignalled(candidate, now) }
        formPairs()
        return advance(now)
    }

    private mutating func addSignalled(_ candidate: Candidate, _ now: Instant) {
        var candidate = candidate
        candidate.address.ip = candidate.address.ip.unmapped
        candidate.base = candidate.address
        candidate.priority = min(candidate.priority, 0x7fff_ffff)
        guard candidate.component == 1, candidate.address.port != 0, candidate.address.ip.isUnicast else { return }
        if let index = remoteCandidates.firstIndex(where: { $0.address == candidate.address }) {
            guard remoteCandidates[index].kind == .prflx, candidate.kind != .prflx else { return }
            remoteCandidates[index] = candidate
            for pair in checks.pairs where pair.remote.address == candidate.address {
                checks.update(pair.id) { $0.remote = candidate }
            }
            checks.reprioritise(as: role)
            return
        }
        let signalled = remoteCandidates.count { $0.kind != .prflx }
        guard signalled < configuration.maximumRemoteCandidates else { return }
        if remoteCandidates.isEmpty, connectDeadline != nil {
            connectDeadline = now + configuration.connectTimeout
        }
        remoteCandidates.append(candidate)
    }

    /// Pairs every local base with every remote candidate it may reach (RFC 8445 section 6.1.2.2).
    mutating func formPairs() {
        guard remoteCredentials != nil, failure == nil else { return }
        for remote in remoteCandidates {
            for local in localCandidates where local.base.ip.canReach(remote.address.ip) {
                _ = pairID(local: local, remote: remote, force: false)
            }
        }
    }

    /// The pair of these candidates, made when there is none yet; nil when the check list has no place for it.
    mutating func pairID(local: Candidate, remote: Candidate, force: Bool) -> Int? {
        if let pair = checks.pair(base: local.base, remote: remote.address) { return pair.id }
        return checks.insert(
            local: local, remote: remote, priority: CheckPair.priority(local, remote, as: role),
            limit: configuration.maximumPairs,
            sparing: selection?.pairID, force: force)
    }

    /// The candidate of a base; for an address that was never given as a candidate, one that is not signalled.
    func localCandidate(base: SocketAddress) -> Candidate {
        localCandidates.first { $0.base == base }
            ?? Candidate(
                kind: .prflx, address: base, foundation: Candidate.foundation(.prflx, base: base.ip),
                priority: Candidate.priority(
                    .prflx, localPreference: Candidate.localPreference(base.ip, index: .max), component: 1))
    }

    /// The remote candidate of an address a check came from, which may be a new peer-reflexive one (RFC 8445 section
    /// 7.3.1.3).
    mutating func remoteCandidate(_ address: SocketAddress, priority: UInt32) -> Candidate {
        if let known = remoteCandidates.first(where: { $0.address == address }) { return known }
        let isOld = { (candidate: Candidate) in
            candidate.kind == .prflx && candidate.address != selection?.pair.remote.address
        }
        if remoteCandidates.count(where: { $0.kind == .prflx }) >= configuration.maximumPeerReflexive,
            let oldest = remoteCandidates.firstIndex(where: isOld)
        {
            remoteCandidates.remove(at: oldest)
        }
        let candidate = Candidate(
            kind: .prflx, address: address, foundation: Candidate.foundation(.prflx, base: address.ip),
            priority: min(priority, 0x7fff_ffff))
        remoteCandidates.append(candidate)
        return candidate
    }
}

extension IPAddress {
    fileprivate var isUnicast: Bool {
        switch self {
        case .v4(let bits): bits >> 24 != 0 && bits >> 28 < 0xe
        case .v6(let high, _): !isUnspecified && high >> 56 != 0xff
        }
    }

    /// The same family, and IPv6 link-local only with its like.
    fileprivate func canReach(_ remote: IPAddress) -> Bool {
        isV6 == remote.isV6 && (!isV6 || isLinkLocal == remote.isLinkLocal)
    }
}
