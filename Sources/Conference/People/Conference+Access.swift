import Primitives

/// What is known of where somebody comes from: for bounds that hanging up does not lift, and for who may look in.
extension Conference {
    /// By what an origin is known: a proven address; else a host, as anybody writes any address; else the address.
    static func source(_ address: PeerAddress, isProven: Bool, origin: String?) -> String {
        if address.network == .xmpp || isProven && address.identifiesPerson { return address.bare.description }
        guard let origin else { return address.bare.description }
        return IPAddress(origin)?.customer.description ?? origin
    }

    func source(of call: IncomingCall) -> String {
        Conference.source(call.caller, isProven: call.isAuthenticated, origin: call.origin)
    }

    func source(of participant: Participant) -> String {
        guard let call = participant.endpoints.first(where: { !$0.isMUC }) else {
            return participant.address.description
        }
        return Conference.source(participant.address, isProven: call.isAuthenticated, origin: call.origin)
    }

    /// What a PIN opens; nothing at all for a while, where too many were wrong.
    mutating func judgePIN(_ digits: String, for name: RoomName, from source: String, _ now: Instant) -> RoomPolicy.Key
    {
        let policy = states[name]?.policy ?? configuration.policy(of: name)
        let key = PINFailures.Key(room: name, source: source)
        guard !pinFailures.isBarred(key, at: now) else { return .nothing }
        let opened = policy.key(digits)
        if opened == .nothing, policy.longestPIN > 0 { pinFailures.failed(key, at: now) }
        return opened
    }

    /// Whether PINs from there are not looked at now.
    func isBarred(_ source: String, from name: RoomName, _ now: Instant) -> Bool {
        pinFailures.isBarred(PINFailures.Key(room: name, source: source), at: now)
    }

    // MARK: Who may look in

    /// Whether not everybody may come in, so that not everybody may see who is in.
    private func isClosed(_ state: RoomState) -> Bool {
        state.policy.pin != nil || state.policy.waitingRoom != .none || state.room.isLocked
            || state.settings.isMembersOnly
    }

    /// Whether who is outside of any call may see who is in a room: into a closed one only who is in it, and its named
    /// moderators, if that is proven.
    /// - Parameter origin: the host that asks; nil on the XMPP side, whose servers prove addresses.
    public func mayWatch(_ name: RoomName, _ watcher: PeerAddress, isProven: Bool, origin: String?) -> Bool {
        guard let state = states[name] else { return true }
        let affiliation = state.affiliation(of: watcher)
        guard affiliation != .outcast else { return false }
        guard isClosed(state) else { return true }
        let isProven = isProven || watcher.network == .xmpp
        if isProven, affiliation.moderates { return true }
        if isProven, affiliation == .member, state.policy.pin == nil, state.policy.waitingRoom == .none,
            !state.room.isLocked
        {
            return true
        }
        guard watcher.identifiesPerson else { return false }
        return state.room.participants.contains { person in
            person.address == watcher.bare
                && person.endpoints.contains {
                    watcher.network == .xmpp || isProven && $0.isAuthenticated
                        || $0.isPresent && $0.origin != nil && $0.origin == origin
                }
        }
    }

    /// Whether a call may see who is in its room: not from the door of a closed one.
    public func mayWatch(from leg: LegID) -> Bool {
        if case .inRoom = legs[leg] { return true }
        return room(of: leg).flatMap { states[$0] }.map { !isClosed($0) } ?? false
    }
}
