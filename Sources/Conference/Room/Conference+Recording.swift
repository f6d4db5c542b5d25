import Primitives

/// Recordings: who may begin and end one, and that everybody knows of it.
extension Conference {
    /// What a moderator, or who runs the server, wants.
    mutating func record(_ isOn: Bool, by actor: Participant?, _ name: RoomName, _ wall: WallTime) -> Verdict {
        guard let room = states[name]?.room else { return .refused(.noSuchRoom) }
        guard isOn else {
            guard room.recording != nil else { return .done("Nothing is recorded.") }
            return .done("The recording has ended.", endRecording(name, by: actor, wall))
        }
        guard configuration.records else {
            return .refused(.notAllowed("Recording is not possible: the server has no folder for recordings."))
        }
        guard room.recording == nil else { return .done("The room is being recorded.") }
        guard room.hasCalls else { return .refused(.notAllowed("Nobody is in the call.")) }
        let id = RecordingID(newNumber())
        states[name]?.room.recording = RoomRecording(id: id, startedBy: actor?.name ?? "")
        return .done("The recording begins.", [.startRecording(id, name, room.mix)])
    }

    /// There is a file: everybody is told.
    mutating func recordingBegan(_ id: RecordingID, _ wall: WallTime) -> [Effect] {
        guard let name = room(recordedAs: id), var recording = states[name]?.room.recording, recording.since == nil,
            let mix = states[name]?.room.mix
        else { return [] }
        recording.since = wall
        states[name]?.room.recording = recording
        let who = recording.startedBy.isEmpty ? "" : ", started by \(recording.startedBy)"
        return [.roomChanged(name, []), .playToMix(mix, word(.recordingStarted, name))]
            + notice("This room is being recorded\(who).", to: .everyone, of: name, wall)
    }

    /// A recording ended by itself; the call goes on.
    mutating func recordingEnded(_ id: RecordingID, _ end: RecordingEnd, _ wall: WallTime) -> [Effect] {
        guard let name = room(recordedAs: id), let room = states[name]?.room else { return [] }
        let hasBegun = room.recording?.since != nil
        states[name]?.room.recording = nil
        guard hasBegun else {
            return [.playToMix(room.mix, word(.cannotRecord, name))]
                + notice("Recording is not possible: \(end.words).", to: .everyone, of: name, wall)
        }
        return [.roomChanged(name, []), .playToMix(room.mix, word(.recordingStopped, name))]
            + notice("The recording has ended: \(end.words).", to: .everyone, of: name, wall)
    }

    /// The last call is over, and with it the recording.
    mutating func endRecordingIfNobodyCalls(_ name: RoomName) -> [Effect] {
        guard let room = states[name]?.room, let recording = room.recording, !room.hasCalls else { return [] }
        states[name]?.room.recording = nil
        return [.stopRecording(recording.id)] + (recording.since == nil ? [] : [.roomChanged(name, [])])
    }

    /// Who comes later is told too: in words where it calls, and where it reads.
    /// - Parameter words: what it is told besides.
    func tellOfRecording(
        _ endpoint: EndpointID, in name: RoomName, _ wall: WallTime, after words: [Sound] = []
    ) -> [Effect] {
        guard let room = states[name]?.room, let (person, known) = room.endpoint(endpoint) else { return [] }
        let isRecorded = room.recording?.since != nil
        var sounds = words
        if isRecorded { sounds.append(.beingRecorded) }
        var effects: [Effect] = []
        if let leg = known.leg, !sounds.isEmpty { effects.append(play(sounds, to: leg, in: name)) }
        if isRecorded, person.readers.contains(where: { $0.id == endpoint }) {
            effects.append(.deliver(notice("This room is being recorded.", of: name, wall), name, endpoint))
        }
        return effects
    }

    private mutating func endRecording(_ name: RoomName, by actor: Participant?, _ wall: WallTime) -> [Effect] {
        guard let room = states[name]?.room, let recording = room.recording else { return [] }
        states[name]?.room.recording = nil
        let end = Effect.stopRecording(recording.id)
        guard recording.since != nil else { return [end] }
        let who = actor.map { ", ended by \($0.name)" } ?? ""
        return [end, .roomChanged(name, []), .playToMix(room.mix, word(.recordingStopped, name))]
            + notice("The recording has ended\(who).", to: .everyone, of: name, wall)
    }

    private func word(_ sound: Sound, _ name: RoomName) -> Announcement {
        Announcement([sound], language: states[name]?.policy.language)
    }

    private func room(recordedAs id: RecordingID) -> RoomName? {
        states.first { $0.value.room.recording?.id == id }?.key
    }
}

extension Room {
    /// Whether somebody is in the call.
    var hasCalls: Bool { participants.contains { $0.endpoints.contains { !$0.isMUC && $0.isPresent } } }
}
