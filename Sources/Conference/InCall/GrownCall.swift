/// A bridged call that has become a room, as it was.
struct GrownCall: Sendable, Hashable {
    var bridge: Bridge
}
