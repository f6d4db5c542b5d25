import MediaDescription
public import Primitives

/// A call across the gateway as it stands: of two, or grown into a room.
public struct OngoingCall: Sendable, Hashable, Identifiable {
    /// dialling → ringing → answering (whom was called answered, who called is being answered) → connected.
    public enum State: String, Sendable, Hashable { case dialling, ringing, answering, connected }

    /// One leg of it.
    public struct Party: Sendable, Hashable {
        public let leg: LegID
        public let address: PeerAddress
        /// What the room, or the caller itself, calls it.
        public let name: String?
        public let status: EndpointStatus
        /// How it ended, when `status` is disconnected.
        public let reason: EndReason?
    }

    public let id: CallID
    public let state: State
    /// Who is at the caller's end, who is charged for a third; and at the other one.
    public let caller: PeerAddress
    public let callee: PeerAddress
    /// What was dialled for the call.
    public let dialled: PeerAddress
    public let began: WallTime
    /// Since when the two hear each other.
    public let connected: WallTime?
    /// The room that it has become, for as long as it is one.
    public let room: RoomName?
    public let parties: [Party]
}

extension Conference {
    /// All calls across the gateway, in the order they came.
    public var ongoingCalls: [OngoingCall] {
        var calls: [OngoingCall] = []
        for bridge in bridgesByCaller.values { calls.append(ongoing(bridge)) }
        for (name, call) in grown { calls.append(ongoing(call.bridge, in: name)) }
        return calls.sorted { ($0.began, $0.id.text) < ($1.began, $1.id.text) }
    }

    public func ongoingCall(_ id: CallID) -> OngoingCall? {
        if let bridge = bridge(id) { return ongoing(bridge) }
        if let (name, bridge) = grownBridge(id) { return ongoing(bridge, in: name) }
        return nil
    }

    func bridge(_ id: CallID) -> Bridge? {
        for bridge in bridgesByCaller.values where bridge.id == id { return bridge }
        return nil
    }

    func grownBridge(_ id: CallID) -> (room: RoomName, bridge: Bridge)? {
        for (name, call) in grown where call.bridge.id == id { return (name, call.bridge) }
        return nil
    }

    private func ongoing(_ bridge: Bridge, in room: RoomName? = nil) -> OngoingCall {
        var parties = bridge.parties
        if let room { parties = self.parties(in: room) }
        return OngoingCall(
            id: bridge.id, state: bridge.state, caller: bridge.callerAddress, callee: bridge.target,
            dialled: bridge.dialled, began: bridge.began, connected: bridge.connected, room: room,
            parties: parties)
    }

    private func parties(in name: RoomName) -> [OngoingCall.Party] {
        var parties: [OngoingCall.Party] = []
        for participant in states[name]?.room.participants ?? [] {
            for endpoint in participant.endpoints {
                guard let leg = endpoint.leg else { continue }
                parties.append(
                    OngoingCall.Party(
                        leg: leg, address: endpoint.address, name: participant.name, status: endpoint.status,
                        reason: endpoint.disconnection?.reason))
            }
        }
        return parties
    }
}

extension Bridge {
    fileprivate var state: OngoingCall.State {
        switch phase {
        case .dialling: .dialling
        case .ringing: .ringing
        case .accepting: .answering
        case .connected: .connected
        }
    }

    fileprivate var parties: [OngoingCall.Party] {
        var parties = [party(caller), party(callee)]
        if let pending = inCall.pending {
            parties.append(
                OngoingCall.Party(
                    leg: pending.leg, address: pending.address, name: pending.displayName, status: .dialingOut,
                    reason: nil))
        }
        return parties
    }

    private func party(_ leg: LegID) -> OngoingCall.Party {
        let status: EndpointStatus =
            switch phase {
            case .dialling: leg == caller ? .dialingIn : .dialingOut
            case .ringing: leg == caller ? .dialingIn : .alerting
            case .accepting: leg == caller ? .dialingIn : .connected
            case .connected: wanted[leg]?.receives ?? true ? .connected : .onHold
            }
        return OngoingCall.Party(
            leg: leg, address: address(of: leg), name: inCall[leg].displayName, status: status, reason: nil)
    }
}
