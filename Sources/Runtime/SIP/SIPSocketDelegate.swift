import Primitives

/// What comes off the SIP sockets. Called on the control loop.
protocol SIPSocketDelegate: AnyObject, Sendable {
    func sipDatagram(_ bytes: [UInt8], from remote: Primitives.SocketAddress, to local: Primitives.SocketAddress)
    func sipConnected(_ connection: UInt64, remote: Primitives.SocketAddress, local: Primitives.SocketAddress)
    func sipBytes(_ bytes: [UInt8], connection: UInt64)
    /// Closed by either side, or never came up.
    func sipClosed(_ connection: UInt64, remote: Primitives.SocketAddress)
}
