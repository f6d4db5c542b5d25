import Conference
import Media
import MediaSecurity

/// What goes from one media thread to another as a whole, and belongs to the other from then on.
enum WorkerParcel: ~Copyable, Sendable {
    /// Legs that move, with their room if they are in one.
    case move(MovingRoom)
    /// An outlet to be kept for the sender, who knows it by a number of its own; other keys for it, and where its
    /// packets go now.
    case outlet(Outlet, number: Int)
    case keys(SRTPSession, number: Int)
    case destination(PacketKind, KernelAddress.Destination, number: Int)
    /// An outlet that was recalled.
    case returned(Outlet, number: Int)
    /// An outlet that was released is gone; the number is free.
    case released(number: Int)
}

/// Legs on their way to another thread, with their room if they are in one.
struct MovingRoom: ~Copyable, Sendable {
    /// By which the control loop knows the move.
    let transit: Int
    var room: WorkerRoom?
    var legs = SlotTable<MovingLeg>()
}

/// A leg on its way to another thread.
struct MovingLeg: ~Copyable, Sendable {
    var leg: WorkerLeg
    var outlet: Outlet?
    /// Its media, when it waits for its next mix.
    var media: MediaLeg?
}
