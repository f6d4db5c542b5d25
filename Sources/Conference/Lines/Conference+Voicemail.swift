import MediaDescription
import Primitives

/// Calls from the SIP side that an XMPP user does not take: how long they ring, and where they go then.
extension Conference {
    /// A call that rings XMPP devices from now on has its time.
    mutating func timed(_ effects: [Effect], _ leg: LegID, _ now: Instant) -> [Effect] {
        if case .bridged(let caller) = legs[leg], let bridge = bridgesByCaller[caller], bridge.target.network == .xmpp,
            bridge.callerAddress.network == .sip
        {
            lines.ringing[leg] = now + configuration.bridgeRingTime
        }
        return effects
    }

    /// Calls that have rung for long enough.
    mutating func wakeRinging(_ now: Instant, _ wall: WallTime) -> [Effect] {
        var effects: [Effect] = []
        for caller in lines.ringing.filter({ $0.value <= now }).keys.sorted() {
            lines.ringing[caller] = nil
            guard let bridge = bridgesByCaller[caller], bridge.phase == .dialling || bridge.phase == .ringing else {
                continue
            }
            effects.append(.end(bridge.callee, .noAnswer))
            effects += ended(bridge.callee, .noAnswer, now, wall)
        }
        return effects
    }

    /// Where a call goes on that is not taken.
    func voicemail(for call: IncomingCall, target: PeerAddress) -> Bridge.Voicemail? {
        guard call.caller.network == .sip, target.network == .xmpp else { return nil }
        let us = dialPlan.caller(target, seenFrom: .sip)
        // What we have sent away ourselves does not go round again.
        guard !call.diversions.contains(us) else { return nil }
        if case .person(let owner) = call.line, let account = lines.accounts[owner] {
            guard let number = account.voicemail else { return nil }
            let host = account.line.registrar.hostPort
            return .init(
                target: PeerAddress(.sip, user: number, host: host), owner: target.bare, from: us, line: call.line)
        }
        guard let text = numberRule(of: call.callee)?.voicemail ?? configuration.voicemail else { return nil }
        if let at = text.lastIndex(of: "@") {
            let host = text[text.index(after: at)...].lowercased()
            return .init(
                target: PeerAddress(.sip, user: String(text[..<at]), host: host), owner: target.bare, from: us)
        }
        guard
            case .success(let found) = dialPlan.outgoing(
                PeerAddress(.sip, user: text, host: configuration.gatewayDomain))
        else { return nil }
        return .init(target: found, owner: target.bare, from: us)
    }

    /// The callee is busy, does not answer or cannot be reached: the call goes on to the voicemail, if there is one.
    /// - Returns: nil where it does not.
    mutating func forward(
        _ leg: LegID, _ caller: LegID, _ reason: EndReason, _ now: Instant, _ wall: WallTime
    ) -> [Effect]? {
        guard var bridge = bridgesByCaller[caller], leg == bridge.callee, let voicemail = bridge.voicemail,
            bridge.phase == .dialling || bridge.phase == .ringing, let occasion = VoicemailOccasion(reason),
            configuration.voicemailOccasions.contains(occasion),
            bridge.hops ?? 0 >= 0, mayForward(voicemail)
        else { return nil }
        let next = legIDs.next()
        legs[next] = .bridged(caller: caller)
        lines.ringing[caller] = nil
        bridge.inCall.forget(bridge.callee)
        bridge.callee = next
        bridge.target = voicemail.target
        bridge.voicemail = nil
        bridge.mailbox = voicemail.owner
        bridgesByCaller[caller] = bridge
        var call = OutgoingCall(
            target: voicemail.target, caller: dialPlan.caller(bridge.callerAddress.bare, seenFrom: .sip),
            displayName: bridge.callerName, isFocus: false)
        call.diversion = Diversion(from: voicemail.from, reason: occasion.diversion)
        call.line = voicemail.line
        call.hops = bridge.hops
        if call.line != nil { bridgesByCaller[caller]?.inCall[next].isByLine = true }
        if call.line != nil { return pairing(next) + [.dial(next, call)] }
        count(next, to: voicemail.target, for: payer(of: voicemail))
        return place(call, on: next, for: bridge.callerAddress.bare, now, wall)
    }

    /// Calls that may be at one voicemail at a time, so that one which leads back to us does not go round for ever.
    private static let mostAtMailbox = 10

    /// That it may be called is the operator's word; how much, the owner's quotas say.
    private mutating func mayForward(_ voicemail: Bridge.Voicemail) -> Bool {
        let atMailbox = bridgesByCaller.values.lazy.filter { $0.mailbox == voicemail.owner }.count
        guard atMailbox < Conference.mostAtMailbox else { return false }
        let fare = Fare(payer(of: voicemail), numberClass(of: voicemail.target))
        return voicemail.line != nil || toll.quotas.refusal(of: fare, toll.now, toll.wall) == nil
    }

    private func payer(of voicemail: Bridge.Voicemail) -> Payer {
        Payer(
            address: voicemail.owner, origin: nil, isProven: true,
            isOurs: isAuthenticated(voicemail.owner, isProven: true))
    }
}
