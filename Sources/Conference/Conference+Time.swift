public import Primitives

/// What is due in rooms, at doors and with who is called, and done then.
extension Conference {
    /// When `wake` is next due.
    public var nextWake: Instant? {
        [
            dialOuts.values.lazy.map(\.deadline).min(), departures.values.lazy.map(\.due).min(),
            reservations.values.min(), deadlines.values.min(), nextComposingWake, correspondence.nextWake,
            toll.quotas.nextWake,
        ].compactMap(\.self).min()
    }

    /// Does what is due: what rang too long is ended, who was not reached goes; then what is due at doors.
    public mutating func wake(at now: Instant, wall: WallTime) -> [Effect] {
        toll.advance(to: now, wall)
        var effects = wakeToll(now, wall)
        for leg in dialOuts.filter({ $0.value.deadline <= now }).keys.sorted() {
            legs[leg] = nil
            effects += dialOutEnded(leg, .noAnswer, now, wall) + [.end(leg, .noAnswer)]
        }
        for endpoint in departures.filter({ $0.value.due <= now }).keys.sorted() {
            guard let departure = departures.removeValue(forKey: endpoint) else { continue }
            effects.append(.roomChanged(departure.room, remove(endpoint, from: departure.room)))
            effects += endRoomIfEmpty(departure.room)
        }
        for name in reservations.filter({ $0.value <= now }).keys.sorted() {
            reservations[name] = nil
            effects += endRoomIfEmpty(name)
        }
        effects += wakeComposing(at: now) + wakeCorrespondence(at: now) + wakeDoors(now, wall)
        effects += settleGrown()
        return effects + count(nil, effects)
    }
}
