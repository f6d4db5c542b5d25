/// What a room did so far.
struct MixWork: Hashable {
    /// Packets decoded to be heard, or to warm a decoder.
    var decodes: UInt64 = 0
    /// Frames encoded.
    var encodes: UInt64 = 0
    var wakes: UInt64 = 0
    var probes: UInt64 = 0
}
