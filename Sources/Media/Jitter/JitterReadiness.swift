/// Whether a tick may be made before its deadline, as far as one stream goes.
enum JitterReadiness: Hashable {
    /// All that the tick needs is there.
    case ready
    /// Nothing is expected: asleep, in a pause, or what is there belongs to a later tick.
    case idle
    /// Something that the tick needs may still come.
    case missing
}
