/// Who sits in a slot of a mix, and how its packets leave. A plain value: the packet path looks it up for each.
struct Seat {
    /// The leg's number on its worker; -1 for an empty slot.
    var leg: Int32 = -1
    /// The worker that sends for it, and its number there, where that is another than the room's.
    var host: Int32 = -1
    var guest: Int32 = -1
    /// In place as long as the leg is there; nil when another worker sends for it.
    var outlet: UnsafeMutablePointer<Outlet>?
}
