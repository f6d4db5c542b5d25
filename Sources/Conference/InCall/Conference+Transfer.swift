import MediaDescription
import Primitives

/// Transfers of bridged calls: the end that stays goes on in the same mix, and hears somebody else (RFC 5589, RFC 3891,
/// XEP-0251). Where a transfer fails, the call goes on as it was.
///
/// connected → pending (somebody is called, or came) → connected with another end.
extension Conference {
    /// How long who transferred has for hanging up by itself.
    static let partingTime = Duration.seconds(5)

    mutating func transfer(_ wish: Transfer, _ now: Instant, _ wall: WallTime) -> [Effect] {
        func told(_ progress: RequestProgress) -> [Effect] { wish.id.map { [.progress($0, progress)] } ?? [] }
        guard var bridge = connected(wish.leg) else { return told(.refused(.notFound)) }
        guard bridge.inCall.pending == nil else { return told(.refused(.busy)) }
        if let second = wish.consultation { return join(wish, bridge, second, now) ?? told(.refused(.notFound)) }
        let stays = bridge.other(than: wish.leg)
        let target: PeerAddress
        let asked = call(by: wish.leg, of: bridge, to: wish.target)
        switch crossing(asked) {
        case .success(let found): target = found
        case .failure(let refusal):
            return told(.refused(refusal.reason)) + noteFailure(of: payer(of: asked), refusal.reason)
        }
        guard target.bare != bridge.address(of: stays).bare else { return told(.refused(.busy)) }
        let leg = legIDs.next()
        bridge.inCall.pending = PendingLeg(
            leg: leg, place: wish.leg, address: target, displayName: wish.displayName, request: wish.id)
        bridge.inCall.know(leg, at: target, configuration)
        keep(bridge, formerly: bridge.caller)
        count(leg, to: target, for: payer(of: asked))
        // A client is called from the gateway: where the one who stays is a client too, by the one who transfers.
        let isAmongClients = target.network == .xmpp && bridge.address(of: stays).network == .xmpp
        let shown = isAmongClients ? wish.leg : stays
        let call = OutgoingCall(
            target: target, caller: dialPlan.caller(bridge.address(of: shown).bare, seenFrom: target.network),
            displayName: bridge.inCall[shown].displayName.flatMap(ParticipantName.clean)
                .flatMap(ParticipantName.noNumber), isFocus: false,
            referral: wish.referral)
        return told(.trying) + place(call, on: leg, for: bridge.address(of: wish.leg).bare, now, wall)
    }

    /// Who is called for a transfer is tried by another trunk; nil where the leg is none of those.
    mutating func movePending(_ leg: LegID, _ caller: LegID) -> LegID? {
        guard var bridge = bridgesByCaller[caller], bridge.inCall.pending?.leg == leg else { return nil }
        let next = legIDs.next()
        bridge.inCall.pending?.leg = next
        bridge.inCall.move(leg, to: next)
        legs[leg] = nil
        keep(bridge, formerly: caller)
        return next
    }

    /// Attended, with both calls here: their other ends hear each other.
    private mutating func join(
        _ wish: Transfer, _ first: Bridge, _ second: LegID, _ now: Instant
    ) -> [Effect]? {
        guard let other = connected(second), other.caller != first.caller, other.inCall.pending == nil,
            let mix = first.mix
        else { return nil }
        let (stays, joins) = (first.other(than: wish.leg), other.other(than: second))
        var bridge = first
        bridge.replace(wish.leg, by: joins, at: other.address(of: joins), face: face(for: stays, in: first))
        bridge.inCall.take(joins, from: other.inCall, face: face(for: joins, in: other))
        bridge.wanted[joins] = other.wanted[joins]
        bridge.told[joins] = other.told[joins]
        let silence = quiet(other)
        bridgesByCaller[other.caller] = nil
        keep(bridge, formerly: first.caller)
        legs[second] = nil
        return silence + [.pair(stays, joins), .connect(joins, mix), .disconnect(second)]
            + part(from: wish.leg, wish.id, now)
            + (wish.id.map { [.progress($0, .done)] } ?? []) + [.end(second, .hangup)] + meet(joins, stays)
            + introduce(bridge.caller) + identify(to: stays, in: bridge) + identify(to: joins, in: bridge)
    }

    /// A call comes that is to take the place of one end: the same person's, or of who that one referred.
    mutating func replace(
        _ old: LegID, by leg: LegID, _ call: IncomingCall, _ caller: LegID
    ) -> [Effect] {
        guard var bridge = connected(old), bridge.inCall.pending == nil else { return [.end(leg, .notFound)] }
        let holder = bridge.address(of: old)
        let isAllowed = [call.caller, call.referredBy].contains {
            $0.map { $0.network == holder.network && $0.user == holder.user && $0.hostName == holder.hostName } ?? false
        }
        guard isAllowed else { return [.end(leg, .forbidden)] }
        bridge.inCall.pending = PendingLeg(
            leg: leg, place: old, address: call.caller, displayName: call.displayName, isProven: call.isAuthenticated,
            origin: call.origin, account: call.account, hasCome: true)
        keep(bridge, formerly: caller)
        return pairing(leg) + [.accept(leg)]
    }

    func pendingRinging(_ leg: LegID, _ caller: LegID) -> [Effect]? {
        guard let pending = bridgesByCaller[caller]?.inCall.pending, pending.leg == leg else { return nil }
        return pending.told(.ringing)
    }

    /// Pending → connected: who had the place is let go.
    mutating func takePlace(_ leg: LegID, _ caller: LegID, _ now: Instant) -> [Effect]? {
        guard var bridge = bridgesByCaller[caller], let pending = bridge.inCall.pending, pending.leg == leg,
            let mix = bridge.mix
        else { return nil }
        let stays = bridge.other(than: pending.place)
        bridge.inCall.pending = nil
        bridge.replace(pending.place, by: leg, at: pending.address, face: face(for: stays, in: bridge))
        bridge.inCall[leg].displayName = pending.displayName
        if let origin = pending.origin { bridge.inCall[leg].origin = origin }
        if let account = pending.account { bridge.inCall[leg].account = account }
        if pending.isProven { bridge.inCall[leg].isProven = true }
        keep(bridge, formerly: caller)
        let told = identify(to: stays, in: bridge) + (pending.hasCome ? identify(to: leg, in: bridge) : [])
        return [.connect(leg, mix)] + (pending.isPlaceGone ? [] : part(from: pending.place, pending.request, now))
            + pending.told(.done) + meet(leg, stays) + introduce(bridge.caller) + told
    }

    /// One of three ends: who was called or came, so that all stays as it was; who transfers and does not wait, which
    /// changes nothing; or who was to be transferred, with which all is over.
    /// - Returns: nil where nobody is on the way.
    mutating func pendingEnded(_ leg: LegID, _ caller: LegID, _ reason: EndReason) -> [Effect]? {
        guard var bridge = bridgesByCaller[caller], var pending = bridge.inCall.pending else { return nil }
        let stays = bridge.other(than: pending.place)
        switch leg {
        case pending.leg:
            bridge.inCall.pending = nil
            bridge.inCall.forget(leg)
            bridgesByCaller[caller] = pending.isPlaceGone ? nil : bridge
            guard pending.isPlaceGone else {
                return [.pair(bridge.caller, bridge.callee)] + pending.told(.failed(reason))
            }
            legs[stays] = nil
            return pending.told(.failed(reason)) + [.disconnect(stays), .end(stays, reason)]
        case pending.place:
            pending.isPlaceGone = true
            bridge.inCall.pending = pending
            bridgesByCaller[caller] = bridge
            return [.disconnect(leg)]
        default:
            bridgesByCaller[caller] = nil
            legs[pending.leg] = nil
            var effects: [Effect] = [.disconnect(leg), .end(pending.leg, .cancelled)]
            effects += pending.told(.failed(.hangup))
            guard !pending.isPlaceGone else { return effects }
            legs[pending.place] = nil
            return effects + [.disconnect(pending.place), .end(pending.place, reason)]
        }
    }

    /// Who transferred is let go: who is told how it went has time to hang up by itself (RFC 5589 section 6.1).
    private mutating func part(from leg: LegID, _ request: RequestID?, _ now: Instant) -> [Effect] {
        guard request != nil else {
            legs[leg] = nil
            return [.disconnect(leg), .end(leg, .hangup)]
        }
        legs[leg] = .leaving(.hangup)
        parted.insert(leg)
        deadlines[leg] = now + Conference.partingTime
        return [.disconnect(leg)]
    }

    /// The two that are in a call now learn what the other wants: first the newcomer, as the one that stays may still say
    /// no more than what it was told of the former one.
    private mutating func meet(_ newcomer: LegID, _ stays: LegID) -> [Effect] {
        guard var bridge = bridge(of: stays) else { return [] }
        let effects = bridge.passOn(from: stays) + bridge.passOn(from: newcomer)
        bridgesByCaller[bridge.caller] = bridge
        return effects + tendMusic(bridge.caller)
    }
}
