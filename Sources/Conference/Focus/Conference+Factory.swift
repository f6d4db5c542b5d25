import Primitives

/// Rooms that are made for who asks for one (RFC 4579 section 5.4), and calls that take another's place in a room
/// (RFC 3891).
extension Conference {
    /// How long a room that was made for somebody waits for the first to come.
    static let reservationTime = Duration.seconds(60)

    /// Whether an address is the one at which rooms are made.
    public func isFactory(_ dialled: PeerAddress) -> Bool {
        guard let factory = configuration.factory, dialPlan.destination(of: dialled) == .room(factory) else {
            return false
        }
        return true
    }

    /// Whether one more room may wait for who asked for it.
    public var canReserve: Bool { reservations.count < 1000 }

    /// A name for a new room that nobody guesses and anybody can say.
    public func newRoomName() -> RoomName? {
        for _ in 0..<8 {
            var text = ""
            for (index, byte) in entropy.bytes(12).enumerated() {
                if index > 0, index % 3 == 0 { text += "-" }
                text.append(Conference.consonants[Int(byte & 15)])
                text.append(Conference.vowels[Int(byte >> 4) % 5])
            }
            if let name = RoomName(text), states[name] == nil { return name }
        }
        return nil
    }

    private static let consonants = Array("bdfghjklmnprstvz")
    private static let vowels = Array("aeiou")

    /// Makes a room that waits for who asked for it, who is its moderator.
    mutating func reserve(_ name: RoomName, for maker: PeerAddress, _ now: Instant, _ wall: WallTime) -> [Effect] {
        guard states[name] == nil, canReserve else { return [] }
        let effects = makeRoom(name, by: maker, wall)
        states[name]?.maker = maker.identifiesPerson ? maker.bare : nil
        reservations[name] = now + Conference.reservationTime
        return effects
    }

    /// Whether a caller made the room, so that it is its moderator.
    func isMaker(_ call: IncomingCall, of name: RoomName) -> Bool {
        call.isMaker || states[name]?.maker.map { $0 == call.caller.bare } ?? false
    }

    // MARK: Taking another's place

    /// A call that is to take the place of one in a room: the same person's, or that of who referred it.
    mutating func admitReplacement(_ leg: LegID, _ call: IncomingCall, of old: LegID) -> [Effect] {
        if case .bridged(let caller) = legs[old] { return replace(old, by: leg, call, caller) }
        guard let (name, participant) = place(of: old), let holder = states[name]?.room.participants[participant] else {
            return [.end(leg, .notFound)]
        }
        let isAllowed = [call.caller, call.referredBy].contains { $0.map { holder.has($0.bare) } ?? false }
        guard isAllowed, affiliation(of: call, in: name) != .outcast else { return [.end(leg, .forbidden)] }
        states[name]?.entering.insert(leg)
        legs[leg] = .entering(name, EnteringLeg(call))
        return [.accept(leg)]
    }

    /// Whether a call has a place in a room that another may take, or is called to one.
    public func hasPlace(_ leg: LegID) -> Bool {
        if case .bridged(let caller) = legs[leg] { return bridgesByCaller[caller]?.mix != nil }
        return place(of: leg) != nil
    }

    func place(of leg: LegID) -> (RoomName, ParticipantID)? {
        switch legs[leg] {
        case .inRoom(let name, let participant, _): (name, participant)
        case .dialled: dialOuts[leg].map { ($0.room, $0.participant) }
        case .entering, .atDoor, .leaving, .bridged, nil: nil
        }
    }

    /// The new call is through: it takes the endpoint over, if it is the same person's.
    /// - Returns: nil when the call is to join as any other.
    mutating func takeOver(_ leg: LegID, _ entering: EnteringLeg, _ old: LegID) -> [Effect]? {
        guard let (name, participant) = place(of: old), let mix = states[name]?.room.mix,
            states[name]?.room.participants[participant]?.has(entering.call.caller.bare) == true
        else { return nil }
        let endpoint: EndpointID
        var ended: [Effect]
        if let dialOut = dialOuts.removeValue(forKey: old) {
            endpoint = dialOut.endpoint
            ended = [.end(old, .cancelled)] + tell(dialOut.invitation, .done)
        } else if case .inRoom(_, _, let known) = legs[old] {
            endpoint = known
            ended = [.disconnect(old), .end(old, .hangup)]
        } else {
            return nil
        }
        legs[old] = nil
        forgetKeys(old)
        states[name]?.entering.remove(leg)
        states[name]?.room.participants.move(endpoint, to: leg)
        legs[leg] = .inRoom(name, participant, endpoint)
        let changed = change(endpoint, of: participant, in: name) {
            $0.direction = entering.direction
            $0.source = entering.source
            $0.status = $0.statusInRoom
            $0.takesText = entering.call.takesText
            $0.isAuthenticated = entering.call.isAuthenticated
            $0.origin = entering.call.origin
            $0.account = entering.call.account
        }
        ended = [.connect(leg, mix)] + voice(of: endpoint, in: name) + ended
        return ended + (changed.isEmpty ? [.roomChanged(name, [.endpointChanged(participant, endpoint)])] : changed)
    }

    /// Somebody else came in the place of a call that is in: that one is ended.
    mutating func giveUp(_ old: LegID) -> [Effect] {
        guard let (name, participant) = place(of: old) else { return [] }
        if let dialOut = dialOuts.removeValue(forKey: old) {
            legs[old] = nil
            return [.end(old, .cancelled)] + tell(dialOut.invitation, .done)
                + [.roomChanged(name, remove(dialOut.endpoint, from: name))]
        }
        guard case .inRoom(_, participant, let endpoint) = legs.removeValue(forKey: old) else { return [] }
        forgetKeys(old)
        let left = remove(endpoint, from: name)
        return [.disconnect(old), .end(old, .hangup), .roomChanged(name, left)] + departed(from: name, left)
    }
}
