import Glibc

/// Starts a media worker on a plain thread of its own.
enum MediaThread {
    static func start(_ worker: MediaWorker) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(worker).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let worker = Unmanaged<MediaWorker>.fromOpaque(raw).takeRetainedValue()
                MediaThread.raisePriority()
                worker.run()
                return nil
            }, context)
        if failure == 0 {
            pthread_detach(thread)
        } else {
            Unmanaged<MediaWorker>.fromOpaque(context).release()
        }
    }

    /// Real-time scheduling where the system allows it; without, the thread is one among others.
    private static func raisePriority() {
        var parameters = sched_param()
        parameters.sched_priority = 10
        _ = pthread_setschedparam(pthread_self(), SCHED_RR, &parameters)
    }
}
