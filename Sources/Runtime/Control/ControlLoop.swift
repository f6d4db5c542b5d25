import Conference
import Logging
import MediaEngine
import NIOCore
import NIOPosix
import Primitives
import SIP
import Signalling
import Storage
import XMPP

/// The control loop: one event loop on which every event is carried to its end before the next one is looked at.
///
/// Events become commands in the adapters, commands become effects in the conference, effects are carried out by the
/// adapters, the media plane and the store. Nothing is awaited in between, so no check is ever stale.
actor ControlLoop {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    let logger: Logger
    let store: Store
    let media: MediaPlane
    var conference: Conference
    var sip: SIPAdapter
    var xmpp: XMPPAdapter?
    let sockets: SIPSockets
    var connections: [UInt64: SIPConnection] = [:]
    let resolver: DNSResolver
    let links: [ComponentLink]
    let addresses: SignallingAddresses
    let servers: ServerDirectory
    /// Nil when no XMPP server is asked for STUN and TURN servers.
    var externalServices: ExternalServices?
    var lookUp: RepeatedTask?
    /// Makes records of calls; nil when none are kept.
    var calls: CallLog?
    let callRetention: Duration
    var callsForgotten = Instant.zero
    let metrics = ServerMetrics()
    /// What became of the last wish of whoever runs the server.
    var operatorOutcome: OperatorOutcome?
    /// Whether calls have ended, and only their last answers are waited for.
    private var isStopping = false
    private var timer: Scheduled<Void>?
    private var sweep: RepeatedTask?
    private var armed: Instant?

    /// A connection that carries SIP.
    struct SIPConnection {
        var framer = SIPStreamFramer()
        var flow: SIPFlow
        var clock: SIPConnectionClock
    }

    init(_ parts: sending ControlParts) {
        loop = parts.loop
        logger = parts.logger
        store = parts.store
        media = parts.media
        conference = parts.conference
        sip = parts.sip
        xmpp = parts.xmpp
        sockets = parts.sockets
        resolver = parts.resolver
        links = parts.links
        addresses = parts.addresses
        servers = parts.servers
        externalServices = parts.externalServices
        calls = parts.calls
        callRetention = parts.callRetention
    }

    /// First words: configured rooms are stored, components connect.
    func start() {
        let now = MonotonicClock.now
        carryOut(conference.open(at: MonotonicClock.wall), now, MonotonicClock.wall)
        for link in links {
            xmpp?.componentLost(link.domain)
            link.start(now: now)
        }
        startServers()
        sweep = loop.scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { [self] _ in
            assumeIsolated {
                $0.tendConnections()
                $0.forgetCalls()
                $0.xmpp?.tend(now: MonotonicClock.now)
                $0.settle([])
            }
        }
        flush()
    }

    /// Last words: calls are hung up, rooms and contacts go offline. Sockets close once the phones have answered, or had
    /// the time to.
    func stop() async {
        takeLeave()
        let end = MonotonicClock.now + .seconds(3)
        while sip.isBusy, MonotonicClock.now < end {
            do { try await Task.sleep(for: .milliseconds(10)) } catch { break }
        }
        close()
    }

    private func takeLeave() {
        let (now, wall) = (MonotonicClock.now, MonotonicClock.wall)
        let ends = conference.liveLegs.map { Effect.end($0, .hangup) }
        keepCalls(nil, ends, wall, because: "shutdown")
        carryOut(conference.settle(at: now, wall: wall), now, wall)
        settle(ends, now, wall)
        sip.unregisterAll(at: now)
        sip.close()
        xmpp?.shutdown()
        flush()
        for link in links {
            link.stop()
            _ = link.settle(self)
        }
        sweep?.cancel()
        isStopping = true
        arm()
    }

    private func close() {
        timer?.cancel()
        media.awaitClosed()
        follow(media.drain())
        stopServers()
        media.stop()
        sockets.closeAll()
        resolver.stop()
    }

    // MARK: From event to effect

    /// Carries an event's commands, and what follows from them, to their end.
    func settle(_ commands: [Command]) { settle(commands, MonotonicClock.now, MonotonicClock.wall) }

    private func settle(_ commands: [Command], _ now: Instant, _ wall: WallTime) {
        // The domain has said its last words.
        var queue = isStopping ? [] : commands[...]
        while let command = queue.popFirst() {
            metrics.count(command)
            let effects = conference.handle(command, at: now, wall: wall)
            keepCalls(command, effects, wall)
            if case .legEnded(let leg, _) = command { media.unpair(leg) }
            queue += carryOut(effects, now, wall)
        }
        flush()
    }

    private func settle(_ effects: [Effect], _ now: Instant, _ wall: WallTime) {
        keepCalls(nil, effects, wall)
        settle(carryOut(effects, now, wall), now, wall)
    }

    @discardableResult
    private func carryOut(_ effects: [Effect], _ now: Instant, _ wall: WallTime) -> [Command] {
        var commands: [Command] = []
        var lost: Set<String> = []
        for effect in effects {
            let effect = effect.unless(lost)
            guard let effect else { continue }
            metrics.count(effect)
            for line in effect.logLines(conference) { logger.info("\(line)") }
            if let line = effect.warning { logger.warning("\(line)") }
            switch effect {
            case .store(let record):
                do {
                    try store.write(record)
                } catch {
                    logger.error("\(error)")
                    metrics.storeFailed()
                    if case .message(_, let message) = record { lost.insert(message.id) }
                }
            case .connect(let leg, let mix): media.connect(leg, mix)
            case .disconnect(let leg): media.disconnect(leg)
            case .pair(let one, let other): media.pair(one, other)
            case .end(let leg, _): media.unpair(leg)
            case .setRelays(let mix, let relays): media.setRelays(mix, relays)
            case .setVoice(let leg, let isMuted, let isDeaf): media.setVoice(leg, isMuted: isMuted, isDeaf: isDeaf)
            case .setGroup(let leg, let number): media.setGroup(leg, number)
            case .play(let leg, let announcement): media.play(leg, announcement)
            case .playToMix(let mix, let announcement): media.play(mix, announcement)
            case .sendKey(let leg, let key): media.sendKey(leg, event: key.event)
            case .recordName(let leg): media.recordName(leg)
            case .endNameRecording(let leg): media.endNameRecording(leg)
            case .forgetName(let leg): media.forgetName(leg)
            case .startRecording(let id, let room, let mix): media.startRecording(id, of: room, mix)
            case .stopRecording(let id): media.stopRecording(id)
            case .operated(_, let outcome): operatorOutcome = outcome
            default: break
            }
            commands += sip.perform(effect, conference: conference, at: now, wall: wall)
            if let more = xmpp?.perform(effect, conference: conference, now: now, wall: wall) { commands += more }
        }
        return commands
    }

    // MARK: To the outside

    /// Sends what the adapters have to send, fetches what the media side has to say, and sets the alarm clock.
    private func flush() {
        let output = sip.drain()
        keepRegistrations(output.registrations)
        for packet in output.packets { send(packet) }
        for lookup in output.lookups { resolve(lookup) }
        for notice in output.notices { logger.log(level: .init(notice.level), "sip: \(notice.text)") }
        if xmpp != nil, !isStopping { flushXMPP() }
        let events = media.drain()
        if !events.isEmpty { follow(events) }
        metrics.calls(now: conference.liveLegCount)
        arm()
    }

    func send(_ stanza: XMLElement) {
        guard let domain = stanza["from"].flatMap({ JID($0)?.domain }),
            let link = links.first(where: { $0.domain == domain })
        else { return }
        link.send(stanza)
    }

    private func flushXMPP() {
        readArchives()
        for stanza in xmpp?.drain() ?? [] { send(stanza) }
        for change in xmpp?.drainSubscriptions() ?? [] {
            do {
                try store.setSubscription(
                    room: change.room.description, contact: change.contact.description,
                    state: .init(rawValue: change.state.rawValue) ?? .none)
            } catch {
                logger.error("\(error)")
            }
        }
        for notice in xmpp?.drainNotices() ?? [] { logger.log(level: .init(notice.level), "xmpp: \(notice.text)") }
        for link in links { follow(link.settle(self), of: link) }
    }

    /// What a component's stream has to say to the house.
    func follow(_ outputs: [ComponentStream.Output], of link: ComponentLink) {
        let (now, wall) = (MonotonicClock.now, MonotonicClock.wall)
        for output in outputs {
            switch output {
            case .ready:
                logger.info("component \(link.domain) is connected")
                link.resume(announcing: xmpp?.componentReady(link.domain, conference: conference, now: now) ?? [])
                externalServices?.ready(link.domain, now: now)
                followExternalServices()
                flush()
            case .lost(let loss):
                logger.warning("component \(link.domain) is not connected: \(loss)")
                xmpp?.componentLost(link.domain)
            case .overflowing:
                logger.warning("component \(link.domain): more waits for the XMPP server than is kept; the oldest goes")
            case .overflowed(let count):
                logger.warning("component \(link.domain): \(count) stanzas were lost while the XMPP server was away")
            case .stanza(let stanza):
                if link.isFirstStray(stanza) {
                    let remedy = "ejabberd wants `global_routes: false`"
                    logger.warning("component \(link.domain) gets what is for other domains: \(remedy)")
                }
                if takeExternalServices(stanza, now, wall) { continue }
                settle(xmpp?.receive(stanza, conference: conference, now: now, wall: wall) ?? [], now, wall)
            case .refused(let what): logger.info("component \(link.domain) refused \(what)")
            case .connect, .send, .disconnect: break
            }
        }
    }

    private func follow(_ events: [MediaPlane.Event]) {
        let now = MonotonicClock.now
        for event in events {
            switch event {
            case .source(let leg, let ssrc): settle([.legSource(leg, ssrc)])
            case .digit(let leg, let code): if let key = DTMFKey(event: code) { settle([.legKey(leg, key)]) }
            case .played(let leg): settle([.legPlayed(leg)])
            case .named(let leg, let hasName): settle([.legNamed(leg, hasName: hasName)])
            case .closed(let leg, let media): keepMedia(leg, media)
            case .recordingBegan(let id): settle([.recordingBegan(id)])
            case .recordingEnded(let id, let end): settle([.recordingEnded(id, end)])
            case .failed(let leg, let reason):
                settle(sip.mediaFailed(leg, reason, at: now) + (xmpp?.mediaFailed(leg, reason, now: now) ?? []))
            }
        }
    }

    private func resolve(_ lookup: SIPLookup) {
        resolver.targets(by: lookup.search, on: loop).whenComplete { [self] result in
            let found = (try? result.get()) ?? []
            assumeIsolated { $0.settle($0.sip.resolved(lookup, found, at: MonotonicClock.now)) }
        }
    }

    // MARK: Time

    private func arm() {
        var wakes = [sip.nextWake, media.nextWake]
        if !isStopping {
            wakes += [conference.nextWake, xmpp?.nextWake, externalServices?.nextWake] + links.map(\.nextWake)
        }
        let due = wakes.compactMap(\.self).min()
        guard due != armed else { return }
        timer?.cancel()
        timer = nil
        armed = due
        guard let due else { return }
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(0, due.nanoseconds)))
        timer = loop.scheduleTask(deadline: deadline) { [self] in assumeIsolated { $0.wake() } }
    }

    private func wake() {
        armed = nil
        let (now, wall) = (MonotonicClock.now, MonotonicClock.wall)
        media.wake(now: now)
        guard !isStopping else { return settle(sip.wake(conference: conference, at: now, wall: wall)) }
        wakeExternalServices(now, wall)
        settle(conference.wake(at: now, wall: wall), now, wall)
        for link in links {
            link.wake(now: now)
            follow(link.settle(self), of: link)
        }
        settle(
            sip.wake(conference: conference, at: now, wall: wall)
                + (xmpp?.wake(conference: conference, now: now, wall: wall) ?? []),
            now, wall)
    }
}

extension Effect {
    /// The effect, unless it is about a message that could not be stored: nobody gets it, and its sender is told.
    fileprivate func unless(_ lost: Set<String>) -> Effect? {
        switch self {
        case .deliver(let message, _, _) where lost.contains(message.id): nil
        case .submitted(let id, .accepted(let message)) where lost.contains(message):
            .submitted(id, .refused(.malformed("The message could not be stored; try again later.")))
        default: self
        }
    }
}

extension Logger.Level {
    init(_ level: SIPNotice.Level) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        }
    }

    init(_ level: XMPPNotice.Level) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        }
    }
}
