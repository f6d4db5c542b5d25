public import Primitives

/// Who may call which numbers, and what calls are counted as. Whatever places a call, or sends a text to a number, asks here.
extension Conference {
    // MARK: Who pays

    /// Who is charged for a call across the gateway: who calls.
    func payer(of call: IncomingCall) -> Payer {
        Payer(
            address: call.account ?? call.caller, origin: call.origin, isProven: call.isAuthenticated,
            isOurs: isAuthenticated(call.caller, isProven: call.isAuthenticated))
    }

    /// Who is charged for what somebody asks for in a room, or from a call; nil for who is not there.
    func payer(of requester: Requester, in name: RoomName) -> Payer? {
        if case .leg(let leg) = requester, case .entering(name, let entering) = legs[leg] {
            return payer(of: entering.call)
        }
        guard let participant = participant(of: requester, in: name) else { return nil }
        let isOurs = isAuthenticated(requester, in: name)
        switch requester {
        case .leg(let leg):
            let endpoint = participant.endpoints.first { $0.leg == leg }
            return Payer(
                address: endpoint?.account ?? participant.address, origin: endpoint?.origin,
                isProven: endpoint?.isAuthenticated ?? false, isOurs: isOurs)
        case .claimant(let claimant):
            return Payer(
                address: participant.address, origin: claimant.origin, isProven: claimant.isProven, isOurs: isOurs)
        }
    }

    // MARK: What is called

    /// The class of what a route led to: of the number behind an access code, where a trunk takes one off.
    func numberClass(of target: PeerAddress) -> NumberClass {
        guard target.network == .sip, configuration.accounts?.contains(target) != true else { return .address }
        let classes = configuration.calling.classes
        for name in dialPlan.trunks(to: target) {
            guard let number = configuration.trunks[name]?.rewriting.behindCode(target.user) else { continue }
            return classes.of(number, isNamed: false)
        }
        return classes.of(target.user, isNamed: dialPlan.names(target))
    }

    // MARK: Verdicts

    /// Why somebody may not call now; nil when he may.
    mutating func refusal(of payer: Payer, calling target: PeerAddress) -> CallRefusal? {
        toll.refusal(of: Fare(payer, numberClass(of: target)))
    }

    /// Why a call may not go across the gateway.
    mutating func refusal(of call: IncomingCall, to target: PeerAddress) -> EndReason? {
        guard mayCross(call, to: target) else { return .forbidden }
        return refusal(of: payer(of: call), calling: target).map { .barred($0) }
    }

    /// Why nobody may be called for who asks for it in a room.
    mutating func refusal(of invitation: Invitation, calling target: PeerAddress) -> CallRefusal? {
        payer(of: invitation.by, in: invitation.room).flatMap { refusal(of: $0, calling: target) }
    }

    /// A call goes nowhere. Those that come in from the SIP side are tried by many who do not know better, but for numbers.
    mutating func refuse(_ leg: LegID, _ call: IncomingCall, _ reason: EndReason) -> [Effect] {
        let counts = call.caller.network == .xmpp || call.isAuthenticated && dialsNumber(call)
        return [.end(leg, reason)] + (counts ? noteFailure(of: payer(of: call), reason) : [])
    }

    mutating func noteFailure(of invitation: Invitation, _ refusal: Refusal) -> [Effect] {
        noteFailure(of: payer(of: invitation.by, in: invitation.room), refusal.reason)
    }

    /// Whether somebody may send a text to what a route led to: what may be called may be written to.
    public func mayWrite(_ payer: Payer, to target: PeerAddress) -> Bool {
        toll.configuration.opens(numberClass(of: target), to: payer)
    }

    /// A call is placed: from now on it is one of who pays for it.
    mutating func count(_ leg: LegID, to target: PeerAddress, for payer: Payer?) {
        guard let payer else { return }
        let numberClass = numberClass(of: target)
        guard numberClass != .address else { return }
        toll.quotas.begin(leg, Fare(payer, numberClass))
        toll.begun.append(leg)
    }

    /// What a call is counted as; nil for one that is not.
    public func fare(of leg: LegID) -> Fare? { toll.quotas.fare(of: leg) }

    /// A call to a number failed, or was refused: too many of them, and nothing is called for that one for a while.
    mutating func noteFailure(of payer: Payer?, _ reason: EndReason) -> [Effect] {
        guard let payer, reason.isFailedAttempt, toll.failures.note(payer.name, at: toll.now) else { return [] }
        return [.shutOut(payer, toll.configuration.failures)]
    }

    // MARK: What becomes of calls

    /// Counts what a command did to calls that are paid for.
    mutating func count(_ command: Command?, _ effects: [Effect]) -> [Effect] {
        var followed: [Effect] = []
        if case .legAnswered(let leg) = command { toll.quotas.answered(leg, toll.now, toll.wall) }
        switch command {
        case .legEnded(let leg, let reason): followed += counted(leg, reason)
        case .legUnplaced(let leg, let reason, _):
            if let next = effects.dialled {
                toll.quotas.move(leg, to: next)
            } else {
                followed += counted(leg, reason)
            }
        default: break
        }
        for case .end(let leg, let reason) in effects { followed += counted(leg, reason) }
        for leg in toll.begun where legs[leg] == nil { followed += counted(leg, .cancelled) }
        toll.begun = []
        return followed
    }

    private mutating func counted(_ leg: LegID, _ reason: EndReason) -> [Effect] {
        guard let fare = fare(of: leg) else { return [] }
        let failed = toll.quotas.isAnswered(leg) ? [] : noteFailure(of: fare.payer, reason)
        return failed
            + toll.quotas.ended(leg, toll.now, toll.wall).map { .store(.usage($0)) }
    }

    /// Ends what has lasted as long as it may.
    mutating func wakeToll(_ now: Instant, _ wall: WallTime) -> [Effect] {
        let (over, usage) = toll.quotas.wake(at: now, wall)
        var effects = usage.map { Effect.store(.usage($0)) }
        for (leg, refusal) in over where legs[leg] != nil {
            effects += ended(leg, .barred(refusal), now, wall) + [.end(leg, .barred(refusal))]
        }
        return effects
    }

    /// What was used of quotas, to be kept before the end.
    public mutating func settle(at now: Instant, wall: WallTime) -> [Effect] {
        toll.quotas.settle(now, wall).map { .store(.usage($0)) }
    }

    /// Puts back what was used of quotas, before the first command.
    public mutating func restore(_ usage: [CallUsage], at wall: WallTime) { toll.quotas.restore(usage, at: wall) }

    /// The day that it is, as quotas count.
    public func day(at wall: WallTime) -> Int64 { toll.quotas.day(of: wall) }
}

extension [Effect] {
    fileprivate var dialled: LegID? {
        for case .dial(let leg, _) in self { return leg }
        return nil
    }
}

extension EndReason {
    /// Whether a call that ends so before it is answered tells of somebody who tries numbers.
    fileprivate var isFailedAttempt: Bool {
        switch self {
        case .notFound, .forbidden, .busy, .barred(.closed): true
        default: false
        }
    }
}
