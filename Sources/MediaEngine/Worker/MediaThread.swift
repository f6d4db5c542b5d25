import CLinux
import Media

/// Runs a media worker's loop on a plain thread of its own.
final class MediaThread: Sendable {
    private let worker: MediaWorker
    private let shared: [UDPSocket]
    private let links: WorkerLinks
    private let configuration: MixConfiguration

    /// As `WorkerLoop` has it.
    init(_ worker: MediaWorker, shared: [UDPSocket], links: WorkerLinks, configuration: MixConfiguration) {
        self.worker = worker
        self.shared = shared
        self.links = links
        self.configuration = configuration
    }

    /// - Throws: when the system gives no more threads.
    func start() throws(SystemFailure) { try PlainThread.start { [self] in run() } }

    private func run() {
        confab_name_thread("confab-media-\(worker.index)", 10)
        worker.begin()
        var loop = WorkerLoop(worker, shared: shared, links: links, configuration: configuration)
        loop.run()
    }
}
