import MediaDescription

/// A call into a room between the offer and the answer.
struct EnteringLeg: Sendable {
    var call: IncomingCall
    var direction: StreamDirection = .sendrecv
    var source: UInt32?
    /// Whether its name was said and written down at the door.
    var hasName = false

    init(_ call: IncomingCall) { self.call = call }
}
