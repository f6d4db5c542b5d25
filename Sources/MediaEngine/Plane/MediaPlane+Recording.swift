public import Conference
import Logging
import Media
import Primitives

/// Mixes that are written down.
extension MediaPlane {
    /// Makes a file, and writes down what is heard in a mix from then on; `recordingBegan` or `recordingEnded` comes back.
    public func startRecording(_ id: RecordingID, of room: RoomName, _ mix: MixID) {
        guard let settings = settings.recording else {
            events.append(.recordingEnded(id, .failed("no folder is set")))
            return
        }
        if recorder == nil {
            let new = Recorder(settings, bell: bell, logger: logger)
            do { try new.start() } catch {
                events.append(.recordingEnded(id, .failed("\(error)")))
                return
            }
            recorder = new
        }
        let tape = MixTape()
        recordings[id] = MixRecording(mix: mix, tape: tape)
        recorder?.tell(.begin(id, room, tape, serial: Entropy.system.u32()))
    }

    public func stopRecording(_ id: RecordingID) {
        guard let recording = recordings.removeValue(forKey: id) else { return }
        if !recording.isRunning || mixes[recording.mix] == nil { recording.tape.end() }
        tell(recording.mix, .endRecording(recording.mix))
    }

    /// What the thread that writes has to say.
    func receiveRecorder() {
        while let notice = recorder?.nextNotice() {
            switch notice {
            case .began(let id):
                // What was ended before it began has a file with nothing in it.
                guard let recording = recordings[id], mixes[recording.mix] != nil else { continue }
                recordings[id]?.isRunning = true
                tell(recording.mix, .record(recording.mix, recording.tape))
                events.append(.recordingBegan(id))
            case .ended(let id, let end):
                guard let recording = recordings.removeValue(forKey: id) else { continue }
                tell(recording.mix, .endRecording(recording.mix))
                if let end { events.append(.recordingEnded(id, end)) }
            }
        }
    }

    private func tell(_ mix: MixID, _ command: consuming WorkerCommand) {
        guard let place = mixes[mix] else { return }
        if let transit = place.transit {
            transit.waiting.push(command)
        } else {
            workers[place.worker].tell(command)
        }
    }
}
