import Conference
import Media
import Primitives

/// A mix, who sits in which of its slots, and when it ticks.
///
/// `@unchecked Sendable`: its memory belongs to this value alone, which cannot be copied.
struct WorkerRoom: ~Copyable, @unchecked Sendable {
    let id: MixID
    var mix: MixRoom
    /// The deadline of the next tick; it may run up to an interval before.
    var due = Instant.zero
    /// When the last tick was made.
    var ticked = Instant.zero
    var place = RoomWheel.Place()
    /// Whether it is looked at now and then only, because nothing goes on in it.
    var isDozing = false
    /// Whether packets came for it in this round.
    var isTouched = false
    /// Nanoseconds its ticks took, and packets it got, since last asked.
    var cost: Int64 = 0
    var packets = 0
    /// Since when they are counted.
    var weighed = Instant.zero
    private(set) var seats: UnsafeMutablePointer<Seat>
    private(set) var seatCount: Int

    init(_ id: MixID, _ configuration: MixConfiguration) {
        self.id = id
        mix = MixRoom(capacity: Int(Int32.max), configuration: configuration)
        seatCount = 8
        seats = .allocate(capacity: seatCount)
        seats.initialize(repeating: Seat(), count: seatCount)
    }

    deinit { seats.deallocate() }

    func leg(in slot: Int) -> Int? {
        slot >= 0 && slot < seatCount && seats[slot].leg >= 0 ? Int(seats[slot].leg) : nil
    }

    mutating func place(_ seat: Seat, in slot: Int) {
        guard slot >= 0 else { return }
        if slot >= seatCount {
            let more = max(seatCount * 2, slot + 1)
            let moved = UnsafeMutablePointer<Seat>.allocate(capacity: more)
            moved.moveInitialize(from: seats, count: seatCount)
            (moved + seatCount).initialize(repeating: Seat(), count: more - seatCount)
            seats.deallocate()
            (seats, seatCount) = (moved, more)
        }
        seats[slot] = seat
    }

    mutating func empty(_ slot: Int) {
        if slot >= 0, slot < seatCount { seats[slot] = Seat() }
    }
}
