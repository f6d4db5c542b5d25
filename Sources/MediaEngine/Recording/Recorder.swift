import CLinux
import Conference
import Glibc
import Logging
import Media
import Primitives
import Synchronization

/// The thread that writes recordings: it looks at the tapes ten times a second, and nobody waits for it.
///
/// `@unchecked Sendable`: `files` and what is about the disk belong to its thread alone; the queues are made for two.
final class Recorder: @unchecked Sendable {
    enum Order: ~Copyable, Sendable {
        case begin(RecordingID, RoomName, MixTape, serial: UInt32)
        case stop
    }

    enum Notice: Sendable {
        case began(RecordingID)
        case ended(RecordingID, RecordingEnd?)
    }

    private let settings: RecordingSettings
    private let logger: Logger
    private let bell: ControlBell
    private let wakeup = Wakeup()
    private let orders = CommandQueue<Order>()
    private let notices = CommandQueue<Notice>()
    private let isOver = Atomic<Bool>(false)
    // Of the thread.
    private var files: [RecordingFileBox] = []
    private var isStopping = false
    private var turns = 0

    /// Milliseconds between two looks at the tapes, and looks between two at the free space: every five seconds.
    private static let interval: Int32 = 100
    private static let spaceInterval = 50

    init(_ settings: RecordingSettings, bell: ControlBell, logger: Logger) {
        self.settings = settings
        self.bell = bell
        self.logger = logger
    }

    // MARK: Control loop

    /// - Throws: when the system gives no more threads.
    func start() throws(SystemFailure) { try PlainThread.start { [self] in run() } }

    func tell(_ order: consuming Order) {
        orders.push(order)
        wakeup.ring()
    }

    func nextNotice() -> Notice? { notices.pop() }

    /// Ends all recordings and waits until they are on the disk, a few seconds at most.
    func stop() {
        tell(.stop)
        var patience = 300
        while !isOver.load(ordering: .acquiring), patience > 0 {
            usleep(10_000)
            patience -= 1
        }
    }

    // MARK: Thread

    private func run() {
        confab_name_thread("confab-record", 0)
        while !isStopping {
            var ear = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&ear, 1, files.isEmpty ? -1 : Self.interval)
            wakeup.clear()
            while let order = orders.pop() { obey(order) }
            turn()
        }
        for box in files {
            box.file.tape.end()
            _ = try? box.file.drain()
        }
        files.removeAll()
        isOver.store(true, ordering: .releasing)
    }

    private func obey(_ order: consuming Order) {
        switch consume order {
        case .begin(let id, let room, let tape, let serial): begin(id, room, tape, serial)
        case .stop: isStopping = true
        }
    }

    private func begin(_ id: RecordingID, _ room: RoomName, _ tape: MixTape, _ serial: UInt32) {
        guard hasSpace else { return say(.ended(id, .noSpace)) }
        do throws(SystemFailure) {
            let file = try RecordingFile.make(
                id, of: room, on: tape, in: settings.folder, at: MonotonicClock.wall, serial: serial)
            logger.info("\(room): recording to \(file.path)")
            files.append(RecordingFileBox(file))
            say(.began(id))
        } catch {
            logger.error("\(room): cannot be recorded: \(error)")
            say(.ended(id, Self.end(of: error)))
        }
    }

    private func turn() {
        turns += 1
        let isFull = turns % Self.spaceInterval == 0 && !files.isEmpty && !hasSpace
        files.removeAll { box in
            do throws(SystemFailure) {
                if try box.file.drain() {
                    finished(box, nil)
                    return true
                }
                let end: RecordingEnd? =
                    box.file.milliseconds >= settings.longest.nanoseconds / 1_000_000
                    ? .tooLong : isFull ? .noSpace : nil
                guard let end else { return false }
                try box.file.finish()
                finished(box, end)
            } catch {
                logger.error("\(box.file.path): \(error)")
                finished(box, Self.end(of: error))
            }
            return true
        }
    }

    private func finished(_ box: RecordingFileBox, _ end: RecordingEnd?) {
        let missed = box.file.tape.missedTicks
        let lost = missed == 0 ? "" : ", \(missed * 20) ms were lost as the disk was too slow"
        logger.info(
            "\(box.file.path): \(box.file.milliseconds / 1000) s recorded\(lost)\(end.map { ", \($0.words)" } ?? "")")
        say(.ended(box.file.id, end))
    }

    private func say(_ notice: Notice) {
        notices.push(notice)
        bell.ring()
    }

    private var hasSpace: Bool {
        var system = statvfs()
        guard statvfs(settings.folder, &system) == 0 else { return true }
        let (free, isHuge) = UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize))
        return isHuge || free >= settings.minimumFree
    }

    private static func end(of failure: SystemFailure) -> RecordingEnd {
        switch failure.code {
        case ENOSPC, EDQUOT: .noSpace
        default: .failed(String(cString: strerror(failure.code)))
        }
    }
}

/// A file that lives in an array.
private final class RecordingFileBox {
    var file: RecordingFile

    init(_ file: consuming RecordingFile) { self.file = file }
}
