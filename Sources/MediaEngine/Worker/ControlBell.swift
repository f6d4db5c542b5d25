import Glibc
import Synchronization

/// Rung by media threads when the control loop has something to fetch: a byte in a pipe, at most one at a time.
final class ControlBell: Sendable {
    /// What the control loop reads.
    let readEnd: Int32
    private let writeEnd: Int32
    private let isRung = Atomic<Bool>(false)

    init() throws(SystemFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemFailure("pipe", errno) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit { close(writeEnd) }

    func ring() {
        guard !isRung.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// To be called before fetching, so that what comes meanwhile rings again.
    func clear() { isRung.store(false, ordering: .releasing) }
}

/// A system call that failed.
struct SystemFailure: Error, CustomStringConvertible, Sendable {
    let call: String
    let code: Int32

    init(_ call: String, _ code: Int32) {
        self.call = call
        self.code = code
    }

    var description: String { "\(call): \(String(cString: strerror(code)))" }
}
