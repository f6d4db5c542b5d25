import Primitives

/// Calls out by trunks: dialled by the first of a route that works → placed; or unplaced, and dialled by the next. Whoever
/// calls notices nothing of it.
extension Conference {
    /// Dials by the trunks of the target's route; as it stands where there are none.
    /// - Parameter caller: who calls, as its own network knows it.
    mutating func place(
        _ call: OutgoingCall, on leg: LegID, for caller: PeerAddress, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        let names = dialPlan.trunks(to: call.target)
        guard let first = names.first else { return pairing(leg) + [.dial(leg, call)] }
        let course = TrunkCourse(current: first, rest: trunks.ordered(names, at: now), call: call, caller: caller)
        guard let hop = hop(of: course) else { return ended(leg, .failed("All lines are in use"), now, wall) }
        trunks.begin(hop.course, on: leg)
        return pairing(leg) + [.dial(leg, hop.call)]
    }

    /// A trunk could not place a call: the next one is tried, or the call is over.
    mutating func unplaced(
        _ leg: LegID, _ reason: EndReason, _ fault: TrunkFault, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        guard let course = trunks.take(leg) else { return ended(leg, reason, now, wall) }
        trunks.note(fault, of: course.current, at: now)
        guard let hop = hop(of: course), let next = move(leg) else { return ended(leg, reason, now, wall) }
        trunks.begin(hop.course, on: next)
        return pairing(next) + [.dial(next, hop.call)]
    }

    /// The callee is heard before it answers: the caller's side is answered, so that it hears what is said.
    mutating func early(_ leg: LegID) -> [Effect] {
        guard case .bridged(let caller) = legs[leg], let bridge = bridgesByCaller[caller], bridge.callee == leg,
            bridge.phase == .dialling || bridge.phase == .ringing
        else { return [] }
        trunks.works(leg)
        bridgesByCaller[caller]?.phase = .accepting
        return [.accept(caller)]
    }

    /// The next trunk of a course that has room, and the call as it goes there.
    private mutating func hop(of course: TrunkCourse) -> (course: TrunkCourse, call: OutgoingCall)? {
        var course = course
        let isLimited = course.rest.contains { configuration.trunks[$0]?.maximumCalls != nil }
        trunks.prune(keeping: { legs[$0] != nil }, always: isLimited)
        while !course.rest.isEmpty {
            course.current = course.rest.removeFirst()
            guard let trunk = configuration.trunks[course.current], hasRoom(course.current) else { continue }
            var call = course.call
            call.target = PeerAddress(.sip, user: trunk.rewriting.apply(to: call.target.user), host: trunk.host)
            call.trunk = TrunkCall(
                name: course.current, callerID: trunk.callerIDs.number(for: course.caller),
                hasNext: course.rest.contains { hasRoom($0) })
            return (course, call)
        }
        return nil
    }

    private func hasRoom(_ name: String) -> Bool {
        guard let trunk = configuration.trunks[name] else { return false }
        return trunk.maximumCalls.map { trunks.calls(on: name) < $0 } ?? true
    }

    /// A call that was not placed gets another leg; nil when it is not on its way out any more.
    private mutating func move(_ leg: LegID) -> LegID? {
        switch legs[leg] {
        case .bridged(let caller):
            if let next = movePending(leg, caller) { return next }
            guard let bridge = bridgesByCaller[caller], bridge.callee == leg,
                bridge.phase == .dialling || bridge.phase == .ringing
            else { return nil }
            let next = legIDs.next()
            bridgesByCaller[caller]?.callee = next
            bridgesByCaller[caller]?.inCall.move(leg, to: next)
            legs[leg] = nil
            legs[next] = .bridged(caller: caller)
            return next
        case .dialled:
            guard let dialOut = dialOuts.removeValue(forKey: leg) else { return nil }
            let next = legIDs.next()
            states[dialOut.room]?.room.participants.move(dialOut.endpoint, to: next)
            dialOuts[next] = dialOut
            legs[leg] = nil
            legs[next] = .dialled
            return next
        case .entering, .atDoor, .leaving, .inRoom, nil: return nil
        }
    }
}
