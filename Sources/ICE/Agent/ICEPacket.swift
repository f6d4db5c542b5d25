public import Primitives

/// A datagram to be sent.
public struct ICEPacket: Hashable, Sendable {
    public var bytes: [UInt8]
    /// The base to send from: the address of a local host candidate.
    public var local: SocketAddress
    public var remote: SocketAddress

    public init(bytes: [UInt8], local: SocketAddress, remote: SocketAddress) {
        self.bytes = bytes
        self.local = local
        self.remote = remote
    }
}
