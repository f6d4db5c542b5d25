import Primitives

/// What whoever runs the server does with calls across the gateway.
extension Conference {
    mutating func operate(
        _ id: OperatorRequestID, _ wish: OperatorWish, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        let (outcome, effects) =
            switch wish {
            case .add(let typed, let call): callIn(typed, call, now, wall)
            case .end(let call): end(call, wall)
            }
        return effects + [.operated(id, outcome)]
    }

    /// What `/add` by who called would do: it has to be allowed to, and is charged.
    private mutating func callIn(
        _ typed: String, _ id: CallID, _ now: Instant, _ wall: WallTime
    ) -> (OperatorOutcome, [Effect]) {
        if let bridge = bridge(id) {
            guard bridge.mix != nil else {
                return (.refused(OperatorRefusal(.conflict, "not-connected", "The call is not up yet.")), [])
            }
            let (result, effects) = add(typed, bridge.caller, bridge, now, wall)
            return (OperatorOutcome(result), effects)
        }
        guard let (name, bridge) = grownBridge(id) else { return (.refused(.noSuchCall), []) }
        guard case .inRoom(name, _, _) = legs[bridge.caller] else {
            let text = "Who called has left, and nobody else is charged for a third."
            return (.refused(OperatorRefusal(.conflict, "caller-left", text)), [])
        }
        let (result, effects) = call(typed, into: name, by: .leg(bridge.caller), now, wall)
        return (OperatorOutcome(result), effects)
    }

    private mutating func end(_ id: CallID, _ wall: WallTime) -> (OperatorOutcome, [Effect]) {
        let effects: [Effect]
        if let bridge = bridge(id) {
            effects = end(bridge)
        } else if let (name, _) = grownBridge(id) {
            effects = endGrown(name, wall)
        } else {
            return (.refused(.noSuchCall), [])
        }
        return (.done("The call is over."), effects)
    }

    private mutating func end(_ bridge: Bridge) -> [Effect] {
        bridgesByCaller[bridge.caller] = nil
        let pending = bridge.inCall.pending
        var effects: [Effect] = []
        for leg in [bridge.caller, bridge.callee] {
            forgetKeys(leg)
            // The end that transferred, and hung up meanwhile, is gone already.
            guard legs.removeValue(forKey: leg) != nil else { continue }
            if bridge.mix != nil { effects.append(.disconnect(leg)) }
            let rings = leg == bridge.callee && (bridge.phase == .dialling || bridge.phase == .ringing)
            effects.append(.end(leg, rings ? .cancelled : .ended))
        }
        if let pending {
            legs[pending.leg] = nil
            effects += pending.told(.failed(.ended)) + [.end(pending.leg, .cancelled)]
        }
        return effects
    }

    private mutating func endGrown(_ name: RoomName, _ wall: WallTime) -> [Effect] {
        guard let state = states[name] else { return [] }
        grown[name] = nil
        var effects: [Effect] = []
        for leg in state.door + state.entering.sorted() where legs.removeValue(forKey: leg) != nil {
            forgetKeys(leg)
            if state.door.contains(leg) { effects.append(.disconnect(leg)) }
            effects.append(.end(leg, .ended))
        }
        states[name]?.door = []
        states[name]?.room.pending = []
        states[name]?.entering = []
        for participant in state.room.participants {
            effects += takeOut(participant, from: name, .ended, wall, words: EndReason.ended.words)
        }
        return effects + departed(from: name)
    }
}

extension OperatorOutcome {
    /// What became of calling a third in.
    init(_ result: CallingIn) {
        switch result {
        case .calling: self = .done(result.words)
        case .notUnderstood:
            let text = "That is no address: a number, a SIP address or a JID is wanted."
            self = .refused(OperatorRefusal(.malformed, "malformed", text))
        case .present: self = .refused(OperatorRefusal(.conflict, "present", result.words))
        case .transferring: self = .refused(OperatorRefusal(.conflict, "transferring", result.words))
        case .exhausted: self = .refused(OperatorRefusal(.conflict, "full", result.words))
        case .refused(_, let reason):
            let kind: OperatorRefusal.Kind =
                switch reason {
                case .notFound: .notFound
                case .full, .busy: .conflict
                default: .forbidden
                }
            self = .refused(OperatorRefusal(kind, reason.recordWord, result.words))
        }
    }
}

extension OperatorRefusal {
    public static let noSuchCall = OperatorRefusal(.noSuchCall, "no-such-call", "There is no such call.")
}
