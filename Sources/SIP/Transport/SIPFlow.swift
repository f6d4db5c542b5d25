public import Primitives

/// The two ends between which messages go.
public struct SIPFlow: Hashable, Sendable {
    public var transport: SIPTransport
    /// Our address as the peer reaches it; nil when not known.
    public var local: SocketAddress?
    public var remote: SocketAddress
    /// The connection, by the owner's number for it. Nil for UDP, and for a connection that is yet to be opened
    /// or found by `remote`.
    public var connection: UInt64?
    /// The domain for which `remote` was found, which its certificate must name (RFC 5922 section 7.2).
    public var serverName: String?

    public init(
        _ transport: SIPTransport, local: SocketAddress? = nil, remote: SocketAddress, connection: UInt64? = nil,
        serverName: String? = nil
    ) {
        self.transport = transport
        self.local = local
        self.remote = remote
        self.connection = connection
        self.serverName = serverName
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
