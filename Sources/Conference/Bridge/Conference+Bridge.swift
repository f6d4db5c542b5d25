import MediaDescription
import Primitives

/// Bridged calls: two legs that mirror each other.
extension Conference {
    /// A call across the gateway: the other side is dialled, and the caller waits.
    /// - Parameter line: the account of ours by which it goes out.
    mutating func dial(
        _ target: PeerAddress, for leg: LegID, _ call: IncomingCall, by line: LineID? = nil, _ now: Instant,
        _ wall: WallTime
    ) -> [Effect] {
        var call = call
        if target.network == .xmpp { call.caller = homed(call.caller, isProven: call.isAuthenticated, by: call.line) }
        let callee = legIDs.next()
        legs[leg] = .bridged(caller: leg)
        legs[callee] = .bridged(caller: leg)
        bridgesByCaller[leg] = Bridge(
            id: CallID(entropy.uuid()), caller: leg, callee: callee, callerAddress: call.caller,
            dialled: call.callee, target: target, began: wall)
        if line == nil { count(callee, to: target, for: payer(of: call)) }
        let mailbox = voicemail(for: call, target: target)
        bridgesByCaller[leg]?.voicemail = mailbox
        let caller =
            self.caller(call, by: call.line) ?? dialPlan.caller(call.caller.bare, seenFrom: target.network)
        var inCall = InCall(of: call, from: leg, playsMusic: configuration.inCall.musicOnHold)
        inCall[callee].face = caller
        inCall.know(callee, at: target, configuration)
        bridgesByCaller[leg]?.inCall = inCall
        var outgoing = OutgoingCall(
            target: target, caller: caller,
            displayName: call.displayName.flatMap(ParticipantName.clean).flatMap(ParticipantName.noNumber),
            isFocus: false)
        bridgesByCaller[leg]?.callerName = outgoing.displayName
        outgoing.hops = call.hopsLeft
        bridgesByCaller[leg]?.hops = outgoing.hops
        if case .person(let owner) = line, let account = lines.accounts[owner]?.line {
            bridgesByCaller[leg]?.inCall[callee].face = account.address
            outgoing.line = line
            bridgesByCaller[leg]?.inCall[callee].isByLine = true
            outgoing.caller = account.address
            outgoing.displayName = account.displayName ?? outgoing.displayName
            return pairing(callee) + [.dial(callee, outgoing)]
        }
        return place(outgoing, on: callee, for: call.caller.bare, now, wall)
    }

    mutating func bridgeRinging(_ leg: LegID, _ caller: LegID) -> [Effect] {
        guard let bridge = bridgesByCaller[caller], leg == bridge.callee, bridge.phase == .dialling else { return [] }
        bridgesByCaller[caller]?.phase = .ringing
        return [.ring(caller)]
    }

    /// The callee's answer is passed on; when the caller's side is through as well, they hear each other.
    mutating func bridgeAnswered(_ leg: LegID, _ caller: LegID, _ wall: WallTime) -> [Effect] {
        guard var bridge = bridgesByCaller[caller] else { return [] }
        switch bridge.phase {
        case .dialling, .ringing:
            guard leg == bridge.callee else { return [] }
            bridgesByCaller[caller]?.phase = .accepting
            return [.accept(caller)]
        case .accepting:
            guard leg == bridge.caller else { return [] }
            let mix = newMix()
            bridge.phase = .connected(mix)
            bridge.connected = wall
            let held = bridge.passOn(from: bridge.caller) + bridge.passOn(from: bridge.callee)
            bridgesByCaller[caller] = bridge
            return [.setRelays(mix, true), .connect(bridge.caller, mix), .connect(bridge.callee, mix)] + held
                + tendMusic(caller)
        case .connected: return []
        }
    }

    /// Hold and resume pass to the other side (RFC 3264 section 8.4, XEP-0167 section 9).
    mutating func bridgeDirection(_ leg: LegID, _ caller: LegID, _ direction: StreamDirection) -> [Effect] {
        guard var bridge = bridgesByCaller[caller] else { return [] }
        bridge.wanted[leg] = direction
        let effects = bridge.mix == nil || !bridge.has(leg) ? [] : bridge.passOn(from: leg)
        bridgesByCaller[caller] = bridge
        return effects + tendMusic(caller)
    }

    /// One end is over, so the other is to end for the same reason. The ended leg itself is forgotten already.
    mutating func bridgeEnded(_ leg: LegID, _ caller: LegID, _ reason: EndReason) -> [Effect] {
        if let effects = pendingEnded(leg, caller, reason) { return effects }
        guard let bridge = bridgesByCaller.removeValue(forKey: caller) else { return [] }
        let other = bridge.other(than: leg)
        legs[other] = nil
        switch bridge.phase {
        case .dialling, .ringing: return [.end(other, leg == bridge.caller ? .cancelled : reason)]
        // The callee is up by now: a caller who gives up hangs up on it.
        case .accepting: return [.end(other, reason == .cancelled ? .hangup : reason)]
        case .connected: return [.disconnect(leg), .disconnect(other), .end(other, reason)]
        }
    }
}

extension Bridge {
    /// Tells the other side what this one wants, unless it was told. What a held peer answers to a hold is no wish of
    /// its own: passed back, it would bounce between the two for ever.
    mutating func passOn(from leg: LegID) -> [Effect] {
        let other = other(than: leg)
        let wish = wanted[leg] ?? .sendrecv
        let imposed = told[leg] ?? .sendrecv
        let isEcho = imposed != .sendrecv && wish == imposed.reversed
        let direction = isEcho ? .sendrecv : inCall.playsMusic && wish == .inactive ? .sendonly : wish
        guard direction != told[other] ?? .sendrecv else { return [] }
        told[other] = direction
        return [.setDirection(other, direction)]
    }
}
