import CLinux
import Glibc
import Primitives
import Synchronization

/// Where the media thread and the others meet. Everything is behind one lock, held for moments.
final class MediaBoard: Sendable {
    /// What the progress line tells.
    struct Progress: Sendable {
        var sent: UInt64 = 0
        var received: UInt64 = 0
        var lost: Int64 = 0
        var latest: Int64 = 0
    }

    private struct State: ~Copyable {
        var commands: [MediaCommand] = []
        var strays: [Stray] = []
        var progress = Progress()
        var arrivals: [Int: Instant] = [:]
        var results: MediaResults?
        var isStopped = false
        var failure: LoadError?
    }

    private let state = Mutex(State())
    /// Rung when there are strays, first packets or results.
    let bell: Int32

    init() { bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) }

    deinit { close(bell) }

    func post(_ command: MediaCommand) { state.withLock { $0.commands.append(command) } }

    func takeCommands() -> [MediaCommand] {
        state.withLock { state in
            if state.commands.isEmpty { return [] }
            defer { state.commands = [] }
            return state.commands
        }
    }

    func pass(_ stray: Stray) {
        state.withLock { if $0.strays.count < 100_000 { $0.strays.append(stray) } }
        ring()
    }

    func takeStrays() -> [Stray] {
        state.withLock { state in
            defer { state.strays = [] }
            return state.strays
        }
    }

    /// The first packet for a participant came.
    func tell(first participant: Int, at instant: Instant) {
        state.withLock { $0.arrivals[participant] = instant }
        ring()
    }

    func takeArrivals() -> [Int: Instant] {
        state.withLock { state in
            defer { state.arrivals = [:] }
            return state.arrivals
        }
    }

    func tell(_ progress: Progress) { state.withLock { $0.progress = progress } }

    var progress: Progress { state.withLock { $0.progress } }

    func tell(_ results: MediaResults) {
        state.withLock { $0.results = results }
        ring()
    }

    var results: MediaResults? { state.withLock { $0.results } }

    func tellStopped() {
        state.withLock { $0.isStopped = true }
        ring()
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// The media thread could not start or end as it should.
    func tell(failure: LoadError) {
        state.withLock {
            $0.failure = failure
            $0.isStopped = true
        }
        ring()
    }

    var failure: LoadError? { state.withLock { $0.failure } }

    private func ring() { _ = eventfd_write(bell, 1) }

    func clearBell() {
        var value: eventfd_t = 0
        _ = eventfd_read(bell, &value)
    }
}
