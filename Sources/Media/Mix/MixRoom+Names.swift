/// Names that are said at a room's door: what a leg says is kept as it would be mixed.
extension MixRoom {
    /// Keeps what the leg says from now on; `captured` is told when the tape is full or is taken away.
    public mutating func capture(_ slot: Int, on tape: NameTape) {
        guard isTaken(slot) else { return }
        endCapture(slot)
        table.seat(slot).pointee.nameTape = Unmanaged.passRetained(tape)
        captures += 1
    }

    /// The tape is full enough.
    public mutating func endCapture(_ slot: Int) {
        guard isTaken(slot), forgetCapture(slot) else { return }
        table.leg(slot).pointee.events.add(.captured)
        note(slot)
    }

    /// - Returns: whether there was a tape.
    @discardableResult
    mutating func forgetCapture(_ slot: Int) -> Bool {
        guard let tape = table.seat(slot).pointee.nameTape else { return false }
        table.seat(slot).pointee.nameTape = nil
        captures -= 1
        tape.release()
        return true
    }

    /// What was decoded in this tick goes to the tape. While it sleeps, a leg is silent.
    mutating func captureFrame(_ slot: Int, _ frame: UnsafePointer<Int16>) {
        guard let tape = table.seat(slot).pointee.nameTape else { return }
        if !tape._withUnsafeGuaranteedRef({ $0.add(frame) }) { endCapture(slot) }
    }
}
