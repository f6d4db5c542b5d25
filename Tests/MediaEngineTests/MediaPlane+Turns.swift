import Glibc
import Logging
import Primitives
import Synchronization

@testable import MediaEngine

extension MediaPlane {
    private static let blocks = Atomic<Int>(0)

    /// A plane on loopback with a hundred ports that no other plane of these tests has: suites run beside each other.
    static func onLoopback(
        workers: Int = 1, _ change: (inout MediaSettings) -> Void = { _ in }
    ) throws -> MediaPlane {
        let first = UInt16(20_000 + 104 * (blocks.add(1, ordering: .relaxed).oldValue % 90))
        var settings = MediaSettings(
            addresses: [.loopback4], loopback: true, icePort: first, rtpPorts: first + 2...first + 101,
            workers: workers)
        change(&settings)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try MediaPlane(settings, logger: logger)
    }

    /// A turn of a control loop: waits up to 2 ms for what the media threads have to say, and does what is due.
    func turn() -> [Event] {
        var bell = pollfd(fd: bellDescriptor, events: Int16(POLLIN), revents: 0)
        poll(&bell, 1, 2)
        var byte: UInt8 = 0
        if bell.revents != 0 { _ = read(bell.fd, &byte, 1) }
        answerBell()
        if let due = nextWake, due <= MonotonicClock.now { wake(now: MonotonicClock.now) }
        return drain()
    }
}

/// Runs planes until `isDone`, or for `time`, and gives what they had to say.
func run(
    _ planes: [MediaPlane], _ time: Duration = .seconds(10), until isDone: ([MediaPlane.Event]) -> Bool
) -> [MediaPlane.Event] {
    var events: [MediaPlane.Event] = []
    let end = MonotonicClock.now + time
    while !isDone(events), MonotonicClock.now < end {
        for plane in planes { events += plane.turn() }
    }
    return events
}
