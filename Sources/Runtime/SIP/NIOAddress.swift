import NIOCore
import Primitives

extension Primitives.SocketAddress {
    /// Nil for a Unix socket.
    init?(_ address: NIOCore.SocketAddress?) {
        guard let address, let text = address.ipAddress, let port = address.port, let number = UInt16(exactly: port),
            let ip = IPAddress(text.prefix { $0 != "%" })
        else { return nil }
        self.init(ip.unmapped, number)
    }

    /// The same for NIO.
    var forNIO: NIOCore.SocketAddress {
        get throws { try NIOCore.SocketAddress(ipAddress: ip.description, port: Int(port)) }
    }
}
