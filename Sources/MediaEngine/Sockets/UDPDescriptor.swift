import Glibc
import Primitives

/// The number of a UDP socket, as packets use it: sends and receives, and owns nothing. Whoever holds it sees to it that
/// the `UDPSocket` stays open.
struct UDPDescriptor: Hashable, Sendable {
    let number: Int32

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

    /// The next datagram; nil when there is none for now.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> (length: Int, source: SocketAddress)? {
        while true {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let count = withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(number, buffer.baseAddress, buffer.count, 0, $0, &length)
                }
            }
            if count >= 0, let source = SocketEndpoint(&storage) { return (count, source.address) }
            // An ICMP error of an earlier datagram is reported here once; the next call goes on.
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { return nil }
            if count < 0, errno != ECONNREFUSED, errno != EINTR { return nil }
        }
    }

    /// Throws away what waits to be received, however much keeps coming.
    func discard() {
        var left = 65536
        while left > 0, recv(number, nil, 0, 0) >= 0 || errno == ECONNREFUSED { left -= 1 }
    }
}
