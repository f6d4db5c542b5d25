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
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<MediaThread>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            }, context)
        guard failure == 0 else {
            Unmanaged<MediaThread>.fromOpaque(context).release()
            throw LoadError("no thread: \(String(cString: strerror(failure)))")
        }
        pthread_detach(thread)
    }

    private func run() {
        var parameters = sched_param()
        parameters.sched_priority = 5
        _ = pthread_setschedparam(pthread_self(), SCHED_RR, &parameters)
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
