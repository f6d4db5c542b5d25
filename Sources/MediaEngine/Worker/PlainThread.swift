import CLinux

/// Threads of the system's own, without a run loop and outside of Swift's pool.
enum PlainThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs a body on a thread of its own, whose end nobody waits for.
    /// - Throws: when the system gives no more threads.
    static func start(_ run: @escaping @Sendable () -> Void) throws(SystemFailure) {
        let body = Unmanaged.passRetained(Body(run))
        let failure = confab_start_thread(
            { raw in
                if let raw { Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        guard failure != 0 else { return }
        body.release()
        throw SystemFailure("pthread_create", failure)
    }
}
