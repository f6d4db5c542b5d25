import Conference
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import Primitives
public import ServiceLifecycle

/// The API could not be opened.
public struct APIProblem: Error, CustomStringConvertible {
    public let description: String
}

/// Serves the API until it is told to stop. It has to stop before what stands behind its desk does.
public struct APIServer: Service {
    private static let mostConnections = 100
    private static let idleTime = TimeAmount.seconds(30)

    private let settings: APISettings
    private let desk: CallDesk
    private let clock: @Sendable () -> Instant
    private let logger: Logger

    /// - Parameter clock: for what is limited by time.
    public init(_ settings: APISettings, desk: CallDesk, clock: @escaping @Sendable () -> Instant, logger: Logger) {
        self.settings = settings
        self.desk = desk
        self.clock = clock
        self.logger = logger
    }

    /// - Throws: `APIProblem` where its port is not to be had.
    public func run() async throws {
        let routes = APIRoutes(tokens: TokenList(settings.tokens), failures: TokenFailures(clock: clock))
        CallRoutes(desk: desk).add(to: routes)
        // Calls of the library's own are few, and its log is not ours.
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let address = settings.address
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let application = Application(
            responder: routes.responder(),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: APIServer.idleTime,
                    httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                        maxHeaderFieldSize: 8192, maxHeaderListSize: 16_384, maxHeaderFieldCount: 64))),
            configuration: ApplicationConfiguration(
                address: .hostname(address.ip.description, port: Int(address.port)),
                availableConnectionsDelegate: MaximumAvailableConnections(APIServer.mostConnections, logger: quiet)),
            onServerRunning: { [logger] _ in logger.info("api: listening on \(address)") },
            eventLoopGroupProvider: .shared(group), logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw APIProblem(description: "cannot listen on \(address) for the API (setting api.listen): \(error)")
        }
        try await group.shutdownGracefully()
    }
}
