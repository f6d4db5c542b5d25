import CLinux
import Glibc
import Media
import Primitives

/// A thread that has names read out, one after another, and waits for the synthesiser so that nobody else does.
///
/// `@unchecked Sendable`: the queues are made for two; `isStopping` is the thread's alone.
final class Speaker: @unchecked Sendable {
    enum Order: Sendable {
        case say(SpokenName, by: Instant)
        case stop
    }

    struct Notice: Sendable {
        enum Outcome: Sendable {
            case said(Recording)
            case noProgram
            case failed(String)
        }

        let name: SpokenName
        let outcome: Outcome
    }

    private let bell: ControlBell
    private let wakeup = Wakeup()
    private let orders = CommandQueue<Order>()
    private let notices = CommandQueue<Notice>()
    private var isStopping = false

    init(bell: ControlBell) { self.bell = bell }

    // MARK: Control loop

    /// - Throws: when the system gives no more threads.
    func start() throws(SystemFailure) { try PlainThread.start { [self] in run() } }

    func tell(_ order: Order) {
        orders.push(order)
        wakeup.ring()
    }

    func nextNotice() -> Notice? { notices.pop() }

    // MARK: Thread

    private func run() {
        confab_name_thread("confab-speech", 0)
        while !isStopping {
            var ear = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&ear, 1, -1)
            wakeup.clear()
            while !isStopping, let order = orders.pop() { obey(order) }
        }
    }

    private func obey(_ order: Order) {
        switch order {
        case .stop: isStopping = true
        case .say(let name, let due):
            let outcome: Notice.Outcome
            do throws(SystemFailure) {
                let wav = try Synthesiser.wav(of: name, by: due)
                outcome = Recording(spoken: wav).map { .said($0) } ?? .failed("it said nothing")
            } catch {
                outcome = error.code == ENOENT ? .noProgram : .failed("\(error)")
            }
            notices.push(Notice(name: name, outcome: outcome))
            bell.ring()
        }
    }
}
