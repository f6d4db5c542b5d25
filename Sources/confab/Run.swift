import Admin
import ArgumentParser
import Conference
import Logging
import MediaEngine
import Primitives
import Runtime
import SIP
import ServiceLifecycle
import UnixSignals

/// `confab run`: serves until it is told to stop.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve calls until interrupted.")

    @OptionGroup var source: SettingsOptions

    func run() async throws {
        let (settings, api, level) = try await source.load()
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return CleanLogHandler(handler)
        }
        let logger = Logger(label: "confab")
        do {
            let server = try await Server(settings: settings, logger: logger)
            var services: [any Service] = [server]
            if let api { services.append(Self.api(api, of: server, logger)) }
            let group = ServiceGroup(
                configuration: .init(
                    services: services, gracefulShutdownSignals: [.sigint, .sigterm], logger: logger))
            try await group.run()
        } catch let problem as StartupProblem {
            logger.critical("\(problem)")
            throw ExitCode(1)
        } catch let problem as APIProblem {
            logger.critical("\(problem)")
            throw ExitCode(1)
        }
    }

    /// Behind the server in the list of services, so that it ends before it.
    private static func api(_ settings: APISettings, of server: Server, _ logger: Logger) -> APIServer {
        let desk = CallDesk(
            calls: { await server.ongoingCalls() }, call: { await server.ongoingCall($0) },
            operate: { await server.operate($0) })
        return APIServer(settings, desk: desk, clock: { MonotonicClock.now }, logger: logger)
    }
}

/// `confab check`: reads the configuration and says what it understood.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the configuration, report mistakes, and exit.")

    @OptionGroup var source: SettingsOptions

    func run() async throws {
        let (settings, api, _) = try await source.load()
        print("The configuration is understood.")
        print("Rooms: sip:ROOM@\(settings.conference.talkDomain), port \(settings.sip.port), UDP and TCP.")
        if let tls = settings.sip.tls { print("SIP over TLS: port \(tls.port).") }
        if let webSocket = settings.sip.webSocket { print("SIP over WebSocket: port \(webSocket.port).") }
        if let accounts = settings.sip.accounts {
            print("Accounts: \(accounts.secrets.count) of \(accounts.domain).")
        }
        if let api { print("API: http://\(api.address)/v1, \(api.tokens.count) token(s).") }
        if settings.xmpp != nil {
            print("XMPP: call ROOM@\(settings.conference.talkDomain), chat in ROOM@\(settings.conference.roomsDomain).")
            print("Gateway: NUMBER@\(settings.conference.gatewayDomain), \(settings.conference.routes.count) route(s).")
        } else {
            print("XMPP is off.")
        }
    }
}
