import CLoadShim
import Glibc
import Primitives

/// A UDP socket for IPv4 that tells when each datagram came.
final class MediaSocket: Sendable {
    let descriptor: Int32
    let address: SocketAddress

    init(_ ip: IPAddress, port: UInt16 = 0, buffer: Int32 = 8 << 20) throws(LoadError) {
        guard case .v4(let bits) = ip else { throw LoadError("media goes over IPv4 only") }
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LoadError("no socket: \(String(cString: strerror(errno)))") }
        var on: Int32 = 1
        var size = buffer
        let length = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, length)
        setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, length)
        for option in [SO_RCVBUF, SO_SNDBUF] { setsockopt(descriptor, SOL_SOCKET, option, &size, length) }
        for option in [SO_RCVBUFFORCE, SO_SNDBUFFORCE] { setsockopt(descriptor, SOL_SOCKET, option, &size, length) }
        var name = sockaddr_in.of(bits, port)
        var taken = sockaddr_in()
        var takenLength = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, takenLength) }
        }
        guard bound == 0 else {
            let text = String(cString: strerror(errno))
            close(descriptor)
            throw LoadError("cannot bind \(ip):\(port): \(text)")
        }
        withUnsafeMutablePointer(to: &taken) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &takenLength) }
        }
        self.descriptor = descriptor
        address = SocketAddress(ip, UInt16(bigEndian: taken.sin_port))
    }

    deinit { close(descriptor) }

    /// Sends one datagram; what the kernel does not take is lost.
    func send(_ bytes: [UInt8], to remote: SocketAddress) {
        guard case .v4(let bits) = remote.ip.unmapped else { return }
        var name = sockaddr_in.of(bits, remote.port)
        _ = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The local address that packets to a peer go out from.
    static func route(to remote: SocketAddress) -> IPAddress? {
        guard case .v4(let bits) = remote.ip.unmapped else { return nil }
        let probe = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { return nil }
        defer { close(probe) }
        var name = sockaddr_in.of(bits, remote.port == 0 ? 9 : remote.port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(probe, $0, length) }
        }
        guard connected == 0 else { return nil }
        let named = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(probe, $0, &length) }
        }
        return named == 0 ? .v4(UInt32(bigEndian: name.sin_addr.s_addr)) : nil
    }
}

extension sockaddr_in {
    /// An IPv4 address and port in host order.
    static func of(_ address: UInt32, _ port: UInt16) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = address.bigEndian
        return name
    }
}
