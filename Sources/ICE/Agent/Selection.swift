import Primitives

/// The pair in use, and the peer's consent to it (RFC 7675 section 5.1).
struct Selection: Sendable {
    var pair: CandidatePair
    /// Its place in the check list; nil when an ICE restart has begun a new list.
    var pairID: Int?
    let localUfrag: String
    let remoteCredentials: ICECredentials
    var expires: Instant
    var nextCheck: Instant
}
