import Conference
import Glibc
import Logging
import MediaEngine
import MediaSecurity
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import SIP
import Signalling
import Storage
import XMPP

/// Opens everything in the order in which it can fail, and puts it together.
struct Startup {
    let settings: Settings
    let logger: Logger

    func open() async throws -> RunningServer {
        let files = raiseFileLimit()
        let store = try openStore()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let control = try await loop.submit { [self] in
                try assemble(loop: loop, store: store, files: files)
            }.get()
            try await listen(loop, control)
            try await hear(await control.bellDescriptor, loop, control)
            return RunningServer(control: control, group: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Calls and connections take files: lets the process have as many as the system allows it.
    /// - Returns: how many that is.
    private func raiseFileLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    // MARK: Store

    private func openStore() throws -> Store {
        if let slash = settings.storagePath.lastIndex(of: "/") {
            makeFolder(String(settings.storagePath[..<slash]))
        }
        do { return try Store(path: settings.storagePath, retention: settings.archiveLength) } catch {
            throw StartupProblem("\(error)")
        }
    }

    private func makeFolder(_ path: String) {
        var made = path.first == "/" ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o750)
        }
    }

    private func openMedia() throws -> MediaPlane {
        if let folder = settings.media.recording?.folder {
            makeFolder(folder)
            if access(folder, W_OK | X_OK) != 0 {
                logger.warning("recordings cannot be written to \(folder) (setting recording.folder)")
            }
        }
        do { return try MediaPlane(settings.media, logger: logger) } catch { throw StartupProblem("\(error)") }
    }

    // MARK: Assembly

    private func assemble(loop: any EventLoop, store: Store, files: Int) throws -> ControlLoop {
        let addresses = SignallingAddresses(
            listening: settings.listen, ports: settings.sip.ports, advertised: settings.sip.advertised,
            localNetworks: settings.sip.localNetworks)
        var outside = addresses
        if !settings.media.advertised.isEmpty { outside.advertised = settings.media.advertised }
        let tls = try settings.sip.tls.map { try SIPTLS($0) }
        let media = try openMedia()
        let conference = try restored(from: store)
        var configuration = SIPAdapterConfiguration(
            localAddress: { addresses.local(towards: $1, by: $0) },
            outgoing: [.udp, .tcp] + (tls == nil ? [] : [.tls]), transports: settings.sip.transports,
            mediaAddress: { [outside] in outside.advertised(to: $0) }, updateInterval: settings.updateInterval)
        configuration.maximumLegs = settings.sip.maximumCalls
        configuration.security = settings.sip.security
        configuration.trustedPeers = settings.sip.trustedPeers
        configuration.redirectsFactory = settings.sip.redirectsFactory
        configuration.sessionTimer = SessionTimer.Policy(
            interval: settings.sip.sessionExpires, minimum: settings.sip.minimumSession)
        configuration.accounts = settings.sip.accounts
        configuration.authentication = settings.sip.authentication
        configuration.credentials = settings.sip.credentials
        configuration.trunks = settings.sip.trunks
        configuration.callsPerSecond = settings.sip.callsPerSecond
        configuration.trustedCallsPerSecond = settings.sip.trustedCallsPerSecond
        configuration.hashing = .openSSL
        try configureLines(&configuration, store)
        var sip = SIPAdapter(configuration: configuration, media: media, entropy: .system)
        try restoreBindings(of: &sip, from: store)
        let xmpp = try settings.xmpp.map { xmpp in
            var configuration = try xmppConfiguration(store)
            configuration.limits = xmpp.limits
            return XMPPAdapter(
                configuration: configuration, media: media, entropy: .system, hashing: .openSSL,
                subscriptions: try subscriptions(in: store),
                rooms: conference.rooms.map(\.name))
        }
        let (servers, services) = try traversal()
        return ControlLoop(
            ControlParts(
                loop: loop, logger: logger, store: store, media: media, conference: conference,
                sip: sip, xmpp: xmpp,
                sockets: SIPSockets(loop: loop, maximumConnections: min(10_000, files / 4), tls: tls),
                resolver: DNSResolver(servers: settings.sip.dnsServers), links: try links(loop),
                addresses: addresses, servers: servers, externalServices: services, calls: try callLog(store),
                callRetention: .seconds(86_400 * settings.recordDays)))
    }

    /// Legs that were up when the process died are closed.
    private func callLog(_ store: Store) throws -> CallLog? {
        guard settings.recordDays > 0 else { return nil }
        do { return CallLog(first: try store.beginCalls(at: MonotonicClock.wall)) } catch {
            throw StartupProblem("\(error)")
        }
    }

    private func restored(from store: Store) throws -> Conference {
        var conference = Conference(configuration: settings.conference, entropy: .system)
        do {
            for room in try store.loadRooms(historyLength: settings.conference.historyLength) {
                conference.restore(
                    room.name, created: room.created, subject: room.subject, history: room.history,
                    settings: room.settings, affiliates: room.affiliates)
            }
            let wall = MonotonicClock.wall
            conference.restore(try store.usage(of: conference.day(at: wall)), at: wall)
        } catch {
            throw StartupProblem("\(error)")
        }
        try restoreAccounts(of: &conference, from: store)
        return conference
    }

    private func xmppConfiguration(_ store: Store) throws -> XMPPAdapterConfiguration {
        var configuration = XMPPAdapterConfiguration(
            conference: settings.conference, updateInterval: settings.updateInterval)
        do {
            configuration.occupantSecret = try store.secret("occupant ids") { Entropy.system.bytes(32) }
        } catch {
            throw StartupProblem("\(error)")
        }
        return configuration
    }

    private func subscriptions(in store: Store) throws -> [SubscriptionChange] {
        do {
            return try store.subscriptions().compactMap { kept in
                guard let room = JID(kept.room), let contact = JID(kept.contact),
                    let state = SubscriptionChange.State(rawValue: kept.state.rawValue)
                else { return nil }
                return SubscriptionChange(room: room, contact: contact, state: state)
            }
        } catch {
            throw StartupProblem("\(error)")
        }
    }

    private func links(_ loop: any EventLoop) throws -> [ComponentLink] {
        guard let xmpp = settings.xmpp else { return [] }
        let tls: NIOSSLContext?
        do {
            tls = xmpp.usesTLS ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
        } catch {
            throw StartupProblem("TLS cannot be set up: \(error)")
        }
        let conference = settings.conference
        return [conference.talkDomain, conference.roomsDomain, conference.gatewayDomain].map {
            ComponentLink($0, settings: xmpp, tls: tls, loop: loop, hashing: .openSSL)
        }
    }

    // MARK: The bell of the media threads

    private func hear(_ bell: Int32, _ loop: any EventLoop, _ control: ControlLoop) async throws {
        _ = try await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(BellHandler(control))
                }
            }
            .takingOwnershipOfDescriptor(input: bell).get()
    }
}
