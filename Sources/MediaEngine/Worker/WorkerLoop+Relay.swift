import Conference
import Media
import Primitives

/// Mixes whose packets go from one leg to the other as they come.
extension WorkerLoop {
    mutating func setRelays(_ isWanted: Bool, in mix: MixID) {
        guard let room = rooms.index(of: mix) else { return }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.setRelays(isWanted)
    }

    /// A packet of a leg that is in a room: the mix's, or sent on at once.
    /// - Returns: whether the room may be ready for its tick now.
    mutating func hand(_ packet: UnsafeRawBufferPointer, to room: Int, slot: Int, at arrival: Instant) -> Bool {
        guard rooms[room].pointee.mix.mayRelay else {
            return rooms[room].pointee.mix.receive(slot, packet, at: arrival)
        }
        queue.begin(rooms[room].pointee.seats, count: rooms[room].pointee.seatCount)
        let mayBeReady = rooms[room].pointee.mix.receive(slot, packet, at: arrival, into: &queue)
        queue.flush()
        return mayBeReady
    }
}
