import CLinux
import Glibc
import Primitives

/// A non-blocking UDP socket of the media side, bound to one address. Closed with its last owner.
///
/// Sending is safe from any thread (the kernel's `sendto` is); only one thread reads.
final class UDPSocket: Sendable {
    let descriptor: UDPDescriptor
    /// Where it is bound; the port is the kernel's choice when 0 was asked for.
    let local: SocketAddress

    /// - Throws: `SocketError` with the address and the kernel's reason, a port in use among them.
    init(bind address: SocketAddress) throws(SocketError) {
        let family = address.ip.isV6 ? AF_INET6 : AF_INET
        let descriptor = socket(
            family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError(address: address, code: errno) }
        var on: Int32 = 1
        if address.ip.isV6 {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        UDPSocket.widen(descriptor)
        setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, socklen_t(MemoryLayout<Int32>.size))
        var storage = sockaddr_storage()
        var length = SocketEndpoint(address).fill(&storage)
        let bound = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else {
            let code = errno
            close(descriptor)
            throw SocketError(address: address, code: code)
        }
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        self.descriptor = UDPDescriptor(number: descriptor)
        local = SocketEndpoint(&storage)?.address ?? address
    }

    deinit { close(descriptor.number) }

    /// Room in the kernel for what comes and goes while the thread is busy: beyond the system's bound where that is
    /// allowed, else as much as it lets.
    private static func widen(_ descriptor: Int32) {
        var room: Int32 = 4 << 20
        let size = socklen_t(MemoryLayout<Int32>.size)
        for (forced, bounded) in [(SO_RCVBUFFORCE, SO_RCVBUF), (SO_SNDBUFFORCE, SO_SNDBUF)]
        where setsockopt(descriptor, SOL_SOCKET, forced, &room, size) != 0 {
            setsockopt(descriptor, SOL_SOCKET, bounded, &room, size)
        }
    }
}

/// What the kernel said about an address.
struct SocketError: Error, CustomStringConvertible, Sendable {
    var address: SocketAddress
    var code: Int32

    var description: String {
        if code == EADDRINUSE { return "\(address) is in use by another program" }
        return "\(address): \(String(cString: strerror(code)))"
    }
}
