/// Why a leg's media could not be set up.
public enum MediaError: Error, Hashable, Sendable {
    /// The codec library would not give a handle: out of memory.
    case codecUnavailable(AudioCodec)
}
