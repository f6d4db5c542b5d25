import Conference
import Logging
import MediaDescription
import MediaSecurity
import Primitives

/// DTLS-SRTP on a leg's own ports.
extension MediaPlane {
    /// The peer's fingerprints and addresses are known. What stood before serves until the new keys are there; a leg that
    /// was in the clear falls silent.
    func agreeDirect(
        _ session: MediaSession, _ media: AgreedMedia, _ dtls: AgreedDTLS, rtp: SocketAddress, rtcp: SocketAddress
    ) {
        let terms = DirectSecurity.Terms(dtls: dtls, rtp: rtp, rtcp: media.rtcpMux ? nil : rtcp)
        // An address of zeros is the old way to hold, and leaves the association as it is.
        if let stands = session.direct?.terms, stands == terms || rtp.ip.isUnspecified && stands.dtls == dtls { return }
        do {
            session.direct = try DirectSecurity(terms, certificate: certificate)
        } catch {
            events.append(.failed(session.id, .failed(error.reason)))
            return
        }
        if session.keys == nil {
            tell(session, .route(session.id, .signalled(rtp: SocketAddress(.any4, 0), rtcp: nil)))
        }
        startDirect(session)
    }

    /// The handshake begins once there is a thread that hands up what comes.
    func startDirect(_ session: MediaSession) {
        guard session.worker != nil, let direct = session.direct, !direct.isStarted else { return }
        session.direct?.isStarted = true
        tell(session, .route(session.id, .handshakes))
        let now = MonotonicClock.now
        for (component, association) in direct.associations {
            follow(association.connection.start(now: now), component, of: session, now)
        }
    }

    /// A DTLS datagram that came to a leg's own port.
    func receiveDirect(
        _ bytes: [UInt8], _ component: DirectSecurity.Component, of leg: LegID, from source: SocketAddress,
        _ now: Instant
    ) {
        guard let session = legs[leg], let connection = session.direct?.associations[component]?.connection,
            session.direct?.associations[component]?.latch.accepts(source, at: now) == true
        else {
            guard legs[leg] != nil else { return }
            strangers.note(at: now, logger) { "\(leg): a DTLS packet from \(source) is not its peer's" }
            return
        }
        follow(connection.receive(bytes, now: now), component, of: session, now)
    }

    func wakeDirect(_ session: MediaSession, _ now: Instant) {
        guard let direct = session.direct else { return }
        for (component, association) in direct.associations {
            guard let due = association.connection.nextWake, due <= now else { continue }
            follow(association.connection.wake(now: now), component, of: session, now)
        }
        settleDirect(session, now)
    }

    func closeDirect(_ session: MediaSession) {
        for (component, association) in session.direct?.associations ?? [:] {
            send(association.connection.close().datagrams, component, of: session)
        }
    }

    private func follow(
        _ outcome: DTLSOutcome, _ component: DirectSecurity.Component, of session: MediaSession, _ now: Instant
    ) {
        defer { schedule(session) }
        send(outcome.datagrams, component, of: session)
        guard outcome.changed else { return }
        switch outcome.state {
        case .connected(let keys):
            session.direct?.associations[component]?.keys = keys
            if component == .rtp { session.direct?.controlDeadline = now + DirectSecurity.controlPatience }
        case .failed(let failure) where component == .rtp:
            logger.warning("\(session.id): DTLS failed, \(failure)")
            events.append(.failed(session.id, .insecure))
        case .failed(let failure):
            logger.info("\(session.id): DTLS of RTCP failed, \(failure)")
            session.direct?.associations[component] = nil
        case .closed, .handshaking: break
        }
        settleDirect(session, now)
    }

    /// Gives the thread keys and addresses, once.
    private func settleDirect(_ session: MediaSession, _ now: Instant) {
        guard let direct = session.direct, !direct.isSettled, let keys = direct.keys(at: now) else { return }
        session.direct?.isSettled = true
        session.keys = keys.rtp
        session.controlKeys = keys.rtcp
        secure(session, keys.rtp)
        routeDirect(session)
        if direct.terms.rtcp != nil, keys.rtcp == nil { logger.info("\(session.id): no RTCP, as it has no keys") }
    }

    func routeDirect(_ session: MediaSession) {
        guard let direct = session.direct, direct.isSettled else { return }
        // Where RTP came from is where it goes; without keys of its own RTCP goes nowhere.
        let rtp = direct.associations[.rtp]?.latch.destination ?? direct.terms.rtp
        var rtcp = direct.terms.rtcp
        if rtcp != nil {
            rtcp = session.controlKeys == nil ? SocketAddress(.any4, 0) : direct.associations[.rtcp]?.latch.destination
        }
        tell(session, .route(session.id, .signalled(rtp: rtp, rtcp: rtcp)))
    }

    private func send(_ datagrams: [[UInt8]], _ component: DirectSecurity.Component, of session: MediaSession) {
        guard case .own(let rtp, let rtcp) = session.sockets,
            let remote = session.direct?.associations[component]?.latch.destination
        else { return }
        let socket = component == .rtp ? rtp : rtcp
        for datagram in datagrams { datagram.withUnsafeBytes { socket.descriptor.send($0, to: remote) } }
    }
}
