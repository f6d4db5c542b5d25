import MediaDescription

/// The two ends of a bridged call, and others in their place.
extension Bridge {
    func has(_ leg: LegID) -> Bool { leg == caller || leg == callee }

    /// Who is at an end.
    func address(of leg: LegID) -> PeerAddress { leg == caller ? callerAddress : target }

    /// Another leg takes an end over; the one that stays goes on knowing the same address.
    mutating func replace(_ old: LegID, by new: LegID, at address: PeerAddress, face: PeerAddress?) {
        if let face { inCall[other(than: old)].face = face }
        if old == caller {
            caller = new
            callerAddress = address
        } else {
            callee = new
            target = address
        }
        wanted[old] = nil
        told[old] = nil
        inCall.forget(old)
    }
}

extension Conference {
    /// The bridged call that a leg is one end of, when both are through.
    func connected(_ leg: LegID) -> Bridge? {
        guard let bridge = bridge(of: leg), bridge.mix != nil, bridge.has(leg) else { return nil }
        return bridge
    }

    /// As whom a leg knows the other one.
    func face(for leg: LegID, in bridge: Bridge) -> PeerAddress {
        if let known = bridge.inCall[leg].face { return known }
        if leg == bridge.caller { return bridge.dialled.bare }
        return dialPlan.caller(bridge.callerAddress.bare, seenFrom: bridge.target.network)
    }

    /// A call that one end places, as if it called anew.
    func call(by leg: LegID, of bridge: Bridge, to dialled: PeerAddress) -> IncomingCall {
        let address = bridge.address(of: leg)
        var call = IncomingCall(caller: address, displayName: nil, callee: dialled, takesText: false)
        call.isAuthenticated = bridge.inCall[leg].isProven
        call.origin = bridge.inCall[leg].origin
        call.account = bridge.inCall[leg].account
        return call
    }

    /// Where a call of one end's leads, if that end may place it: by the rules of calls across the gateway.
    mutating func crossing(_ call: IncomingCall) -> Result<PeerAddress, Refusal> {
        switch dialPlan.outgoing(call.callee) {
        case .failure(let refusal): .failure(refusal)
        case .success(let target): refusal(of: call, to: target).map { .failure(Refusal($0)) } ?? .success(target)
        }
    }

    /// Keeps a bridged call whose ends may be others than before.
    mutating func keep(_ bridge: Bridge, formerly caller: LegID) {
        bridgesByCaller[caller] = nil
        bridgesByCaller[bridge.caller] = bridge
        var ends = [bridge.caller, bridge.callee]
        if let pending = bridge.inCall.pending {
            // Who transferred may have hung up.
            if pending.isPlaceGone { ends.removeAll { $0 == pending.place } }
            ends.append(pending.leg)
        }
        for leg in ends { legs[leg] = .bridged(caller: bridge.caller) }
    }
}
