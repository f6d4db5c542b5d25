import Glibc
import Primitives
import SIP

/// The one UDP socket or TCP connection that all SIP goes over.
final class SIPTransportLink {
    let flow: SIPFlow
    let descriptor: Int32
    private let udp: MediaSocket?
    private var framer = SIPStreamFramer()
    private var unsent: [UInt8] = []
    private(set) var isClosed = false
    private var memory = [UInt8](repeating: 0, count: 65_536)

    init(to remote: SocketAddress, overTCP: Bool, from local: IPAddress) throws(LoadError) {
        guard overTCP else {
            let socket = try MediaSocket(local)
            udp = socket
            descriptor = socket.descriptor
            flow = SIPFlow(.udp, local: socket.address, remote: remote)
            return
        }
        udp = nil
        guard case .v4(let bits) = remote.ip.unmapped else { throw LoadError("SIP goes over IPv4 only") }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LoadError("no socket") }
        var name = sockaddr_in.of(bits, remote.port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let connected = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard connected == 0 else {
            let text = String(cString: strerror(errno))
            close(descriptor)
            throw LoadError("cannot connect to \(remote): \(text)")
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        flow = SIPFlow(
            .tcp, local: SocketAddress(local, UInt16(bigEndian: name.sin_port)), remote: remote, connection: 1)
    }

    deinit { if udp == nil { close(descriptor) } }

    func send(_ bytes: [UInt8]) {
        if let udp { return udp.send(bytes, to: flow.remote) }
        unsent += bytes
        pump()
    }

    var wantsToWrite: Bool { !unsent.isEmpty }

    /// Writes what a connection takes.
    func pump() {
        while !unsent.isEmpty, !isClosed {
            let count = Glibc.send(descriptor, unsent, unsent.count, Int32(MSG_NOSIGNAL))
            if count > 0 {
                unsent.removeFirst(count)
            } else {
                if errno != EAGAIN, errno != EINTR { isClosed = true }
                return
            }
        }
    }

    /// The messages that have come.
    func receive() -> [SIPMessage] {
        var messages: [SIPMessage] = []
        for _ in 0..<256 {
            let count = recv(descriptor, &memory, memory.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EINTR || errno == ECONNREFUSED { continue }
            guard count > 0 else {
                if udp == nil, count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK) { isClosed = true }
                return messages
            }
            let bytes = Array(memory[..<count])
            if udp != nil {
                if let message = try? SIPMessage(parsing: bytes) { messages.append(message) }
                continue
            }
            guard let frames = try? framer.receive(bytes) else {
                isClosed = true
                return messages
            }
            for frame in frames {
                switch frame {
                case .message(let bytes): if let message = try? SIPMessage(parsing: bytes) { messages.append(message) }
                case .keepAlive: send(SIPStreamFramer.pong)
                }
            }
        }
        return messages
    }
}
