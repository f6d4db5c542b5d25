/// What the peer last reported of what it gets from us.
struct RTCPFeedback: Sendable, Hashable {
    /// Loss since its report before, 0…1.
    var fractionLost: Double
    /// Interarrival jitter, in timestamp units of what we send.
    var jitterUnits: UInt32
    /// Nil as long as it cannot be told.
    var roundTrip: Duration?
}
