public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// The whole server: opens everything, serves until told to stop, closes everything.
public struct Server: Service {
    let running: RunningServer
    private let logger: Logger

    /// Opens the store, binds every port and starts the media threads; nothing is served yet.
    /// - Throws: `StartupProblem`, naming the port or the file.
    public init(settings: Settings, logger: Logger) async throws {
        self.logger = logger
        running = try await Startup(settings: settings, logger: logger).open()
    }

    public func run() async throws {
        await running.control.start()
        logger.info("confab is ready")
        try? await gracefulShutdown()
        logger.info("confab is closing")
        await running.control.stop()
        // The last packets are on their way: the sockets of the loop flush before it ends.
        try await Task.sleep(for: .milliseconds(100))
        try await running.group.shutdownGracefully()
    }
}
