import Conference

extension Effect {
    /// One line for the log each, where an effect is something an operator wants to read; no message bodies.
    func logLines(_ conference: Conference) -> [String] {
        switch self {
        case .roomChanged(let name, let changes):
            return changes.compactMap { line(name, $0, conference.room(name)) }
        case .roomEnded(let name): return ["\(name): the room has ended"]
        case .group(let id, .join): return ["\(id): a room joins it"]
        case .group(let id, .leave): return ["\(id): the room leaves it"]
        case .group(let id, .refuse(let reason)): return ["\(id): the room stays away: \(reason)"]
        case .dial(let leg, let call): return ["\(leg): \(call.caller) calls \(call.target)"]
        case .progress(_, .refused(let reason)): return ["a request to call or to expel was refused: \(reason)"]
        case .progress(_, .failed(let reason)): return ["who was called does not come: \(reason)"]
        case .submitted(_, .refused(let why)): return ["a message was refused: \(why)"]
        default: return []
        }
    }

    private func line(_ name: RoomName, _ change: RosterChange, _ room: Room?) -> String? {
        switch change {
        case .endpointJoined(let participant, let endpoint):
            guard let who = room?.participant(participant), let how = room?.endpoint(endpoint)?.endpoint else {
                return nil
            }
            if how.status == .dialingOut { return "\(name): \(who.name) is called" }
            return
                "\(name): \(who.name) joins by \(door(how)) as \(how.address), \(room?.participants.count ?? 0) in the room"
        case .endpointLeft(let who, let how):
            return "\(name): \(who.name) leaves \(door(how)), \(room?.participants.count ?? 0) in the room"
        case .renamed(let participant, let old):
            return room?.participant(participant).map { "\(name): \(old) is now \($0.name)" }
        case .endpointChanged: return nil
        }
    }

    private func door(_ endpoint: Endpoint) -> String {
        if let leg = endpoint.leg { return "\(endpoint.group == nil ? "call" : "group call") (\(leg))" }
        return "chat"
    }
}
