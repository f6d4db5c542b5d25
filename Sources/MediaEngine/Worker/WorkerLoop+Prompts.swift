import Conference
import Media

extension WorkerLoop {
    mutating func setVoice(_ leg: Int, isMuted: Bool, isDeaf: Bool) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.setMuted(slot, isMuted)
        rooms[room].pointee.mix.setDeaf(slot, isDeaf)
    }

    /// A leg that is in no mix is told of no key.
    mutating func press(_ event: UInt8, for leg: Int) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.sendDigit(slot, event)
    }

    /// A leg that is in no mix has heard all it will.
    mutating func play(_ recordings: [Recording], to leg: Int) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else {
            return notify(.event(legs[leg].pointee.id, .played))
        }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.play(recordings, to: slot)
    }

    /// A leg that is in no mix says nothing.
    mutating func capture(_ leg: Int, on tape: NameTape) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else {
            return notify(.event(legs[leg].pointee.id, .captured))
        }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.capture(slot, on: tape)
    }

    mutating func endCapture(_ leg: Int) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.endCapture(slot)
    }

    /// A room that is gone has nothing to be written down.
    mutating func record(_ mix: MixID, on tape: MixTape) {
        guard let room = rooms.index(of: mix) else { return tape.end() }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.record(on: tape)
    }

    mutating func play(_ recordings: [Recording], in mix: MixID) {
        guard let room = rooms.index(of: mix) else { return }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.play(recordings)
    }
}
