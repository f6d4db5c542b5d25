import Media

extension WorkerLoop {
    mutating func setGroup(_ leg: Int, _ number: UInt8) {
        guard let room = legs[leg].pointee.room, let slot = legs[leg].pointee.slot else { return }
        rooms.rouse(room, at: clock.now)
        rooms[room].pointee.mix.setGroup(slot, number)
    }
}
