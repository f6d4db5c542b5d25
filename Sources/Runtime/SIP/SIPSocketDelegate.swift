import Primitives
import SIP

/// What comes off the SIP sockets. Called on the control loop.
protocol SIPSocketDelegate: AnyObject, Sendable {
    func sipDatagram(_ bytes: [UInt8], from remote: Primitives.SocketAddress, to local: Primitives.SocketAddress)
    /// A connection of ours is up, by TLS with a peer that is who it is to be.
    func sipConnected(_ connection: UInt64, _ route: SIPRoute, local: Primitives.SocketAddress)
    func sipBytes(_ bytes: [UInt8], connection: UInt64)
    /// One WebSocket message, which is one SIP message or a keep-alive (RFC 7118 section 5).
    func sipMessage(_ bytes: [UInt8], connection: UInt64)
    /// A sign of life that is no SIP: a WebSocket ping or pong.
    func sipAlive(_ connection: UInt64)
    /// Closed by either side.
    func sipClosed(_ connection: UInt64)
    /// Never came up.
    func sipUnreachable(_ route: SIPRoute, _ reason: String)
}

/// Where a connection of ours leads: two flows with the same route share one connection.
struct SIPRoute: Hashable, Sendable {
    let transport: SIPTransport
    let remote: Primitives.SocketAddress
    /// Whom the certificate must name.
    let serverName: String?

    init(_ flow: SIPFlow) {
        transport = flow.transport
        remote = flow.remote
        serverName = flow.transport == .tls ? flow.serverName ?? flow.remote.ip.description : nil
    }
}
