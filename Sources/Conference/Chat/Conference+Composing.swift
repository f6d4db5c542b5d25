import Primitives

/// Who is writing: told to those who will read it, never kept.
extension Conference {
    /// In rooms with more people nobody is told who writes to everyone.
    static let composingCrowd = 50
    private static let composingLimit = 4096
    /// To how many at a time one writes.
    private static let composingEach = 8
    static let composingTimes = Duration.seconds(10)...Duration.seconds(300)

    /// Somebody writes, or has stopped; words from who is not in the room, or to nobody, are passed over.
    mutating func composing(_ composing: Composing, _ now: Instant) -> [Effect] {
        guard let room = states[composing.room]?.room,
            let writer = sender(composing.writer, leg: composing.leg, via: composing.via, in: room)?.participant
        else { return [] }
        let addressee: ParticipantID?
        switch recipient(of: composing.audience, in: room) {
        case .everyone:
            guard room.participants.count <= Conference.composingCrowd else { return [] }
            addressee = nil
        case .one(let participant) where participant.id != writer.id: addressee = participant.id
        case .one, .nobody: return []
        }
        let key = ComposingState.Key(room: room.name, writer: writer.id, addressee: addressee)
        var state = composingStates[key] ?? ComposingState()
        guard composing.isActive || composingStates[key] != nil,
            composingStates[key] != nil
                || composingStates.count < Conference.composingLimit
                    && composingStates.keys.count(where: { $0.writer == writer.id }) < Conference.composingEach
        else { return [] }
        let times = Conference.composingTimes
        state.set(composing.isActive, until: now + min(max(composing.lasts, times.lowerBound), times.upperBound))
        composingStates[key] = state
        return tellComposing(key, now)
    }

    /// A text ends the writing of it, for those who read it too.
    mutating func wroteText(_ writer: ParticipantID, to addressee: ParticipantID?, in room: RoomName) {
        composingStates[ComposingState.Key(room: room, writer: writer, addressee: addressee)]?.wrote()
    }

    /// When somebody's silence is to be told.
    var nextComposingWake: Instant? { composingStates.values.lazy.compactMap(\.nextWake).min() }

    mutating func wakeComposing(at now: Instant) -> [Effect] {
        let due = composingStates.filter { $0.value.nextWake.map { $0 <= now } ?? true }.keys
        return due.sorted { ($0.room, $0.writer) < ($1.room, $1.writer) }.flatMap { tellComposing($0, now) }
    }

    private mutating func tellComposing(_ key: ComposingState.Key, _ now: Instant) -> [Effect] {
        guard let room = states[key.room]?.room, let writer = room.participants[key.writer],
            var state = composingStates[key]
        else {
            composingStates[key] = nil
            return []
        }
        let told = state.due(at: now)
        composingStates[key] = state.isOver(at: now) ? nil : state
        guard let told else { return [] }
        let readers: [Participant]
        let audience: ChatMessage.Audience
        if let addressee = key.addressee {
            guard let reader = room.participants[addressee] else { return [] }
            readers = [reader]
            audience = .one(reader.name)
        } else {
            readers = room.participants.filter { $0.id != writer.id }
            audience = .everyone
        }
        let notice = ComposingNotice(
            writer: writer.name, audience: audience, isActive: told, lasts: Conference.composingTimes.upperBound)
        return readers.flatMap(\.readers).map { .composing(notice, room.name, $0.id) }
    }
}
