import CLinux
import Glibc
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
    func start() throws(SystemFailure) {
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
            throw SystemFailure("pthread_create", failure)
        }
        pthread_detach(thread)
    }

    private func run() {
        confab_name_thread("confab-media-\(worker.index)")
        MediaThread.raisePriority()
        worker.begin()
        var loop = WorkerLoop(worker, shared: shared, links: links, configuration: configuration)
        loop.run()
    }

    /// Real-time scheduling where the system allows it; without, the thread is one among others.
    private static func raisePriority() {
        var parameters = sched_param()
        parameters.sched_priority = 10
        _ = pthread_setschedparam(pthread_self(), SCHED_RR, &parameters)
    }
}
