import CLinux
import Glibc
import Primitives

/// Sends back every datagram to where it came from: the counterpart for measuring the generator alone.
public struct Echo: Sendable {
    private let sockets: [MediaSocket]
    private let participants: Int

    public init(ports: Int, participants: Int, processor: Int?) throws {
        if let processor { try LoadRun.pin(processor) }
        var sockets: [MediaSocket] = []
        for _ in 0..<max(1, min(ports, 10_000)) { sockets.append(try MediaSocket(.loopback4)) }
        self.sockets = sockets
        self.participants = participants
    }

    /// The lines that `EndpointCaller` reads; a port again and again is told apart by the participants' own ports.
    public var endpoints: [String] {
        (0..<participants).map { "{\"remote\": \"\(sockets[$0 % sockets.count].address)\"}" }
    }

    /// Tells the endpoints and echoes until `isStopped` says so.
    public func run(isStopped: () -> Bool = { false }, tell: (String) -> Void) {
        for line in endpoints { tell(line) }
        fflush(nil)
        let poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        for (index, socket) in sockets.enumerated() {
            var event = epoll_event()
            event.events = EPOLLIN.rawValue
            event.data.u32 = UInt32(index)
            epoll_ctl(poller, EPOLL_CTL_ADD, socket.descriptor, &event)
        }
        let received = ReceiveBatch()
        defer { close(poller) }
        while !isStopped() {
            // A pause lets packets gather, so that fewer calls carry them.
            MonotonicClock.sleep(until: MonotonicClock.now + .microseconds(500))
            withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 256) { events in
                let count = epoll_wait(poller, events.baseAddress, 256, 100)
                for index in 0..<max(Int(count), 0) {
                    let descriptor = sockets[Int(events[index].data.u32)].descriptor
                    received.sendBack(received.fill(descriptor), descriptor)
                }
            }
        }
    }
}
