import CLinux
import Glibc
import Primitives
import Synchronization

/// The two ends of a media thread: what the control loop tells it, and what it hears from it. The thread itself is a
/// `WorkerLoop`.
final class MediaWorker: Sendable {
    let index: Int
    /// Rung by the control loop after commands, and by the first worker after relayed packets.
    let wakeup: Wakeup
    private let bell: ControlBell
    /// The thread's CPU clock; 0 until it runs.
    private let cpuClock = Atomic<Int>(0)
    /// Control loop to thread.
    private let commands = CommandQueue<WorkerCommand>()
    /// Thread to control loop.
    private let notices = SPSCRing<WorkerNotice>(capacity: 4096)
    /// STUN and DTLS on their way to the control loop.
    private let handshakes = PacketRing(capacity: 1024)

    init(index: Int, wakeup: Wakeup, bell: ControlBell) {
        self.index = index
        self.wakeup = wakeup
        self.bell = bell
    }

    // MARK: Control loop

    func tell(_ command: consuming WorkerCommand) {
        commands.push(command)
        wakeup.ring()
    }

    /// Nanoseconds the thread has run.
    var busy: Int64? {
        let clock = cpuClock.load(ordering: .relaxed)
        guard clock != 0 else { return nil }
        let time = confab_clock(clockid_t(truncatingIfNeeded: clock))
        return time >= 0 ? time : nil
    }

    func nextNotice() -> WorkerNotice? { notices.pop() }

    /// The oldest STUN or DTLS datagram, in place, until `dropHandshake`.
    func nextHandshake() -> (memory: UnsafeMutableRawBufferPointer, label: PacketRing.Label)? { handshakes.peek() }

    func dropHandshake() { handshakes.pop() }

    // MARK: Thread

    /// To be called on the thread when it begins.
    func begin() {
        var clock = clockid_t()
        if pthread_getcpuclockid(pthread_self(), &clock) == 0 { cpuClock.store(Int(clock), ordering: .relaxed) }
    }

    func nextCommand() -> WorkerCommand? { commands.pop() }

    /// False when the control loop has fallen so far behind that the ring is full.
    func notify(_ notice: WorkerNotice) -> Bool {
        let taken = notices.push(notice)
        bell.ring()
        return taken
    }

    /// Lost when the control loop does not keep up: both protocols repeat what is not answered.
    func pass(_ packet: UnsafeRawBufferPointer, _ socket: Int, _ source: SocketAddress, at arrival: Instant) {
        if handshakes.push(packet, socket: socket, source: source, arrival: arrival.nanoseconds) { bell.ring() }
    }

    /// The same for DTLS that came to a port of one leg's own.
    func pass(
        _ packet: UnsafeRawBufferPointer, of leg: UInt64, isRTCPPort: Bool, _ source: SocketAddress, at arrival: Instant
    ) {
        let socket = isRTCPPort ? PacketRing.Label.rtcpPort : PacketRing.Label.rtpPort
        if handshakes.push(packet, socket: socket, source: source, arrival: arrival.nanoseconds, leg: leg) {
            bell.ring()
        }
    }
}
