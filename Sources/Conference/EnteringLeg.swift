import MediaDescription

/// A call into a room between the offer and the answer.
struct EnteringLeg: Sendable {
    var call: IncomingCall
    var direction: StreamDirection = .sendrecv
    var source: UInt32?

    init(_ call: IncomingCall) { self.call = call }
}
