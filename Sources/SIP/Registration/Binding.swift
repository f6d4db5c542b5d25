public import Primitives

/// Where an account is reached: one Contact of a REGISTER (RFC 3261 section 10.3), and the way to it.
public struct Binding: Hashable, Sendable {
    /// As it was registered, with the phone's own parameters.
    public var contact: NameAddress
    /// The way: the phone's connection, or the address that its datagrams come from.
    public var flow: SIPFlow
    public var callID: String
    public var sequence: UInt32
    public var expires: Instant

    public init(contact: NameAddress, flow: SIPFlow, callID: String, sequence: UInt32, expires: Instant) {
        self.contact = contact
        self.flow = flow
        self.callID = callID
        self.sequence = sequence
        self.expires = expires
    }

    /// The phone's own preference, 0 to 1000.
    public var quality: Int {
        guard let q = contact.parameters["q"].flatMap({ Double($0) }), q >= 0, q <= 1 else { return 1000 }
        return Int(q * 1000)
    }

    /// The device, whatever address it has (RFC 5626 section 4.1).
    var instance: String? { contact.parameters["+sip.instance"] }

    /// Whether the phone can be connected to when its connection is gone: it has one of its own that is where it came from.
    public var isReachableAnew: Bool {
        guard flow.transport.isReliable else { return true }
        guard !flow.transport.isWebSocket, let ip = IPAddress(contact.uri.host) else { return false }
        return ip.unmapped == flow.remote.ip.unmapped
    }

    /// The way to the phone once its connection is gone: over UDP as before, else to the port that it names.
    public var wayAnew: SIPFlow {
        var flow = flow
        flow.connection = nil
        if flow.transport.isReliable { flow.remote.port = contact.uri.port ?? flow.transport.defaultPort }
        return flow
    }
}
