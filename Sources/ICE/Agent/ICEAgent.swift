public import Primitives

/// A full ICE agent for one component over UDP (RFC 8445) with trickled candidates (RFC 8838) and consent freshness
/// (RFC 7675), as a value.
///
/// After each call, send what `drain()` gives and call `wake(now:)` at `nextWake`. All times are the caller's.
public struct ICEAgent: Sendable {
    public internal(set) var localCredentials: ICECredentials
    /// Nil until `setRemote`, and from `restart` to the next `setRemote`.
    public internal(set) var remoteCredentials: ICECredentials?
    public internal(set) var role: ICERole
    public internal(set) var localCandidates: [Candidate] = []
    /// The peer's candidates, signalled and peer-reflexive, in the order learned.
    public internal(set) var remoteCandidates: [Candidate] = []

    let configuration: ICEConfiguration
    let entropy: Entropy
    let hashing: Hashing
    let tieBreaker: UInt64

    var remoteIsLite = false
    /// The peer's credentials changed and ours have not yet (ICE restart by the peer).
    var remoteIsAhead = false
    /// Checks of the peer under these are still answered after a restart.
    var previousCredentials: ICECredentials?
    var checks = CheckList()
    var transactions: [CheckTransaction] = []
    var early: [EarlyCheck] = []
    var selection: Selection?
    var failure: ICEFailure?
    /// Whether each address that belongs to us is proven.
    var learned: [SocketAddress: Bool] = [:]
    var nextPace: Instant
    var connectDeadline: Instant?
    var firstValid: Instant?
    var events: [ICEEvent] = []
    var packets: [ICEPacket] = []

    public init(
        credentials: ICECredentials, role: ICERole, entropy: Entropy, hashing: Hashing,
        configuration: ICEConfiguration = ICEConfiguration()
    ) {
        localCredentials = credentials
        self.role = role
        self.entropy = entropy
        self.hashing = hashing
        self.configuration = configuration
        tieBreaker = entropy.u64()
        nextPace = Instant(nanoseconds: .min)
    }

    /// During an ICE restart `connected` while the old pair serves.
    public var state: ICEState {
        if let failure { return .failed(failure) }
        if selection != nil { return isConcluded ? .completed : .connected }
        return checks.pairs.isEmpty ? .new : .checking
    }

    /// The pair to send on: the nominated one, or the best valid one until there is one.
    public var selectedPair: CandidatePair? { selection?.pair }

    /// A pair of the present check list is nominated (RFC 8445 section 8.1.1).
    var isConcluded: Bool { selection.map { $0.pairID != nil && $0.pair.isNominated } ?? false }

    /// Ordinary checks are made of pairs above this priority: once a pair is nominated only the controlled side goes on,
    /// and only with better ones (RFC 8445 section 8.1.2).
    var checkedAbove: UInt64 {
        guard isConcluded else { return 0 }
        guard role == .controlled, let id = selection?.pairID, let pair = checks[id] else { return .max }
        return pair.priority
    }

    /// ICE restart (RFC 8445 section 9): new local credentials. The pair in use stays until one of the new check list is
    /// nominated; checks under the old credentials are still answered. Revives an agent that failed.
    ///
    /// When the peer began the restart, `setRemote` may come before this or after it.
    @discardableResult
    public mutating func restart(_ credentials: ICECredentials, now: Instant) -> [ICEEvent] {
        guard credentials != localCredentials else { return advance(now) }
        previousCredentials = localCredentials
        localCredentials = credentials
        failure = nil
        early = []
        if remoteIsAhead {
            remoteIsAhead = false
            beginCheckList()
            connectDeadline = now + configuration.connectTimeout
            formPairs()
        } else {
            beginCheckList()
            remoteCandidates = []
            remoteCredentials = nil
            connectDeadline = nil
        }
        return advance(now)
    }

    /// The peer's credentials, from its offer or answer. The same ones again change nothing; other ones are an ICE restart
    /// by the peer, and its earlier candidates are forgotten.
    @discardableResult
    public mutating func setRemote(_ credentials: ICECredentials, isLite: Bool = false, now: Instant) -> [ICEEvent] {
        guard credentials != remoteCredentials else { return advance(now) }
        if remoteCredentials != nil {
            remoteIsAhead = true
            beginCheckList()
            remoteCandidates = []
        }
        remoteCredentials = credentials
        remoteIsLite = isLite
        connectDeadline = now + configuration.connectTimeout
        if isLite, role == .controlled { changeRole(to: .controlling) }
        formPairs()
        let remembered = early.filter { $0.remoteUfrag == credentials.ufrag }
        early.removeAll { $0.remoteUfrag == credentials.ufrag }
        for check in remembered { acceptCheck(check, now) }
        return advance(now)
    }

    /// Forgets the check list; the pair in use stays.
    private mutating func beginCheckList() {
        checks.removeAll()
        transactions.removeAll { $0.purpose != .consent }
        selection?.pairID = nil
        firstValid = nil
    }

    /// A datagram for which `STUNMessage.looksLikeSTUN` holds; anything else is ignored.
    /// - Parameter local: the base it arrived at.
    public mutating func receive(
        _ bytes: [UInt8], from remote: SocketAddress, to local: SocketAddress, now: Instant
    ) -> [ICEEvent] {
        guard failure == nil, let message = try? STUNMessage(decoding: bytes), message.method == STUNMessage.binding
        else { return [] }
        let remote = SocketAddress(remote.ip.unmapped, remote.port)
        switch message.messageClass {
        case .request: answer(message, from: remote, to: local, now)
        case .success, .error: complete(message, from: remote, to: local, now)
        case .indication: break
        }
        return advance(now)
    }

    /// Does what is due.
    public mutating func wake(now: Instant) -> [ICEEvent] { advance(now) }

    /// When `wake` is to be called; nil when nothing is pending.
    public var nextWake: Instant? {
        guard failure == nil else { return nil }
        var times = transactions.map(\.due)
        if let selection { times += [selection.expires, selection.nextCheck] }
        if let connectDeadline { times.append(connectDeadline) }
        if remoteCredentials != nil, checks.hasNext(above: checkedAbove) { times.append(nextPace) }
        if let nomination = nextNomination { times.append(nomination) }
        return times.min()
    }

    /// The datagrams to send since the last call, in order.
    public mutating func drain() -> [ICEPacket] {
        defer { packets = [] }
        return packets
    }

    mutating func advance(_ now: Instant) -> [ICEEvent] {
        if failure == nil { retransmit(now) }
        if failure == nil { keepConsent(now) }
        if failure == nil { sendChecks(now) }
        if failure == nil { considerNomination(now) }
        if failure == nil, let connectDeadline, connectDeadline <= now { fail(.noValidPair) }
        defer { events = [] }
        return events
    }

    mutating func fail(_ reason: ICEFailure) {
        failure = reason
        selection = nil
        transactions = []
        checks.removeAll()
        connectDeadline = nil
        events.append(.failed(reason))
    }

    /// RFC 8445 section 7.3.1.1: the pair priorities change with the role.
    mutating func changeRole(to role: ICERole) {
        guard role != self.role else { return }
        self.role = role
        checks.reprioritise(as: role)
        events.append(.roleChanged(role))
    }
}
