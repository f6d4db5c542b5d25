import CLinux
import Glibc
import Primitives

/// The number of a UDP socket, as packets use it: sends and receives, and owns nothing. Whoever holds it sees to it that
/// the `UDPSocket` stays open.
struct UDPDescriptor: Hashable, Sendable {
    let number: Int32

    /// What one call for a datagram gave.
    enum Received {
        /// - Parameter stamp: the kernel's time of arrival in nanoseconds of the realtime clock; 0 for unknown.
        case datagram(length: Int, source: SocketAddress, stamp: Int64)
        case none
    }

    /// Sends one datagram; a full buffer or an unreachable host loses it, as the network would.
    func send(_ bytes: UnsafeRawBufferPointer, to destination: SocketAddress) {
        var storage = sockaddr_storage()
        let length = SocketEndpoint(destination).fill(&storage)
        _ = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// The next datagram.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Received {
        while true {
            var storage = sockaddr_storage()
            var stamp: Int64 = 0
            let count = confab_receive(number, buffer.baseAddress, buffer.count, &storage, &stamp)
            if count >= 0, let source = SocketEndpoint(&storage) {
                return .datagram(length: count, source: source.address, stamp: stamp)
            }
            // An ICMP error of an earlier datagram is reported here once; the next call goes on.
            if count < 0, errno != ECONNREFUSED, errno != EINTR { return .none }
        }
    }

    /// Throws away what waits to be received, however much keeps coming.
    func discard() {
        var left = 65536
        while left > 0, recv(number, nil, 0, 0) >= 0 || errno == ECONNREFUSED { left -= 1 }
    }
}
