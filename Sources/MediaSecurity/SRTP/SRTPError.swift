/// Why a packet was not protected, or was refused.
public enum SRTPError: Error, Hashable, Sendable {
    /// Not an RTP or RTCP packet: too short, or its header does not add up.
    case malformed
    /// The tag is wrong: forged, damaged, or made with other keys.
    case authentication
    /// Seen before, or older than the replay window (RFC 3711 section 3.3.2).
    case replay
    /// The buffer has no room for the tag.
    case noRoom
    /// The key has protected as many packets as it may.
    case keyExpired
    /// One SSRC more than a session keeps states for.
    case tooManySources
    /// libsrtp's status code for anything else, or -1 when OpenSSL did not work.
    case failed(Int32)
}
