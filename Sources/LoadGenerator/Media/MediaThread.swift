import CLinux
import Glibc

/// Runs the media loop on a plain thread of its own.
final class MediaThread: Sendable {
    private let options: LoadOptions
    private let board: MediaBoard
    private let listening: [Int]
    private let finding: Set<Int>

    /// - Parameters:
    ///   - listening: participants whose sound is decoded.
    ///   - finding: those of them who listen for the marker.
    init(_ options: LoadOptions, board: MediaBoard, listening: [Int], finding: Set<Int>) {
        self.options = options
        self.board = board
        self.listening = listening
        self.finding = finding
    }

    func start() throws(LoadError) {
        let context = Unmanaged.passRetained(self)
        let failure = confab_start_thread(
            { raw in
                if let raw { Unmanaged<MediaThread>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        guard failure != 0 else { return }
        context.release()
        throw LoadError("no thread: \(String(cString: strerror(failure)))")
    }

    private func run() {
        confab_name_thread("confab-load", 5)
        do throws(LoadError) {
            var loop = try MediaLoop(
                options, board: board, listening: listening.map { ($0, finding.contains($0)) })
            loop.run()
            try loop.writeRecordings()
            board.tellStopped()
        } catch {
            board.tell(failure: error)
        }
    }
}
