public import Primitives

/// What carries a message: UDP, or a connection.
public enum SIPTransport: String, Hashable, Sendable {
    case udp, tcp

    /// Whether it neither loses nor repeats (RFC 3261 section 17).
    public var isReliable: Bool { self == .tcp }
    /// As Via has it.
    public var viaName: String { rawValue.uppercased() }
}

/// The two ends between which messages go.
public struct SIPFlow: Hashable, Sendable {
    public var transport: SIPTransport
    /// Our address as the peer reaches it; nil when not known.
    public var local: SocketAddress?
    public var remote: SocketAddress
    /// The connection, by the owner's number for it. Nil for UDP, and for a TCP connection that is yet to be opened
    /// or found by `remote`.
    public var connection: UInt64?

    public init(
        _ transport: SIPTransport, local: SocketAddress? = nil, remote: SocketAddress, connection: UInt64? = nil
    ) {
        self.transport = transport
        self.local = local
        self.remote = remote
        self.connection = connection
    }
}

/// Bytes of one message and where they go: by the flow's connection if it is open, else to its remote address.
public struct Outgoing: Hashable, Sendable {
    public var bytes: [UInt8]
    public var flow: SIPFlow

    public init(_ bytes: [UInt8], on flow: SIPFlow) {
        self.bytes = bytes
        self.flow = flow
    }
}
