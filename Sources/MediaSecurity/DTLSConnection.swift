import COpenSSL
public import Primitives

/// A DTLS 1.2 handshake for SRTP keys (RFC 5764), over OpenSSL without sockets and on a clock that is handed in.
///
/// `start` it when a path to the peer is there, give it what arrives and wake it when it wants; send the datagrams of
/// each outcome. It is connected only once the peer's certificate is seen to be one that was announced, which may
/// be told before or after the handshake: until then it stays `handshaking`.
///
/// `@unchecked Sendable`: guarded by its owner, which calls it from one thread at a time.
public final class DTLSConnection: @unchecked Sendable {
    public let role: DTLSRole
    public private(set) var state = DTLSState.handshaking
    /// When `wake` is to be called; nil when there is nothing to wait for.
    public var nextWake: Instant? {
        switch (retransmission, deadline) {
        case (let a?, let b?): min(a, b)
        case (let a, let b): a ?? b
        }
    }

    private let ssl: OpaquePointer
    private let pipe: DatagramPipe
    private var expected: [CertificateFingerprint]
    private var isHandshakeDone = false
    private var hasChanged = false
    private var deadline: Instant?
    private var retransmission: Instant?
    private var interval = DTLSConnection.firstInterval

    /// A conversation waits: the first retransmission comes sooner than the second of RFC 6347 section 4.2.4.1, which
    /// allows for that; then the interval doubles up to the limit.
    private static let firstInterval = Duration.milliseconds(200)
    private static let lastInterval = Duration.milliseconds(3_200)
    /// How long a handshake may take.
    public static let timeout = Duration.seconds(30)

    /// - Parameters:
    ///   - fingerprints: those the peer announced, if they are known; otherwise `expect` tells later.
    ///   - profiles: in order of preference.
    ///   - mtu: longest datagram to be sent.
    public init(
        role: DTLSRole, certificate: Certificate, fingerprints: [CertificateFingerprint] = [],
        profiles: [SRTPProfile] = SRTPProfile.preferred, mtu: Int = 1200
    ) throws(MediaSecurityError) {
        self.role = role
        expected = fingerprints
        let pipe = DatagramPipe(mtu: mtu)
        self.pipe = pipe
        guard let ssl = SSL_new(certificate.context) else { throw .openSSL("no connection") }
        guard let bio = pipe.makeBIO() else {
            SSL_free(ssl)
            throw .openSSL("no BIO")
        }
        SSL_set_bio(ssl, bio, bio)
        // SSL_set_tlsext_use_srtp is one of the few that give 0 when all is well.
        guard confab_set_mtu(ssl, mtu) == 1,
            SSL_set_tlsext_use_srtp(ssl, profiles.map(\.name).joined(separator: ":")) == 0
        else {
            SSL_free(ssl)
            throw .openSSL("SRTP profiles or MTU")
        }
        DTLS_set_timer_cb(ssl) { ssl, last in DatagramPipe.of(SSL_get_rbio(ssl))?.timer(last: last) ?? 1_000_000 }
        switch role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
        self.ssl = ssl
    }

    deinit { SSL_free(ssl) }

    /// A path to the peer is there: the client sends its ClientHello, the server waits for one; the time runs.
    public func start(now: Instant) -> DTLSOutcome {
        begin(now)
        if case .handshaking = state, role == .client { drive(now) }
        return outcome()
    }

    /// A datagram arrived whose first byte is 20…63 (RFC 7983); any other is ignored. Garbage is dropped in silence.
    public func receive(_ datagram: [UInt8], now: Instant) -> DTLSOutcome {
        guard let first = datagram.first, (20...63).contains(first), isOpen else { return outcome() }
        begin(now)
        pipe.incoming = datagram
        drive(now)
        pipe.incoming = nil
        return outcome()
    }

    /// `nextWake` has come: a flight is sent again, or the peer is given up.
    public func wake(now: Instant) -> DTLSOutcome {
        if let deadline, now >= deadline {
            fail(.timeout)
            return outcome()
        }
        guard let due = retransmission, now >= due else { return outcome() }
        let copy = pipe.takeSpare() ?? []
        interval = min(interval + interval, Self.lastInterval)
        retransmission = pipe.hasSpare ? now + interval : nil
        return outcome(copy)
    }

    /// The peer's fingerprints, known at last; they replace those given before. Only those of the strongest hash count
    /// (RFC 8122 section 5.1). No effect once connected.
    public func expect(_ fingerprints: [CertificateFingerprint], now: Instant) -> DTLSOutcome {
        guard case .handshaking = state else { return outcome() }
        expected = fingerprints
        if isHandshakeDone { settle() }
        return outcome()
    }

    /// Says goodbye to the peer, if it can hear us.
    public func close() -> DTLSOutcome {
        guard isOpen else { return outcome() }
        sayGoodbye()
        become(.closed)
        return outcome()
    }

    private var isOpen: Bool {
        switch state {
        case .handshaking, .connected: true
        case .failed, .closed: false
        }
    }

    private func begin(_ now: Instant) {
        if deadline == nil, !isHandshakeDone, isOpen { deadline = now + Self.timeout }
    }

    private func drive(_ now: Instant) {
        let flights = pipe.flights
        pipe.begin()
        ERR_clear_error()
        if !isHandshakeDone {
            let result = SSL_do_handshake(ssl)
            if result == 1 {
                isHandshakeDone = true
                deadline = nil
                retransmission = nil
                pipe.dropSpare()
                settle()
            } else {
                let error = SSL_get_error(ssl, result)
                guard error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE else {
                    return fail(.handshake(OpenSSLQueue.drain()))
                }
                if pipe.flights != flights {
                    interval = Self.firstInterval
                    retransmission = now + interval
                }
                return
            }
        }
        if isOpen { readOn() }
    }

    /// After the handshake: the peer's close_notify, or its last flight again, which OpenSSL answers.
    private func readOn() {
        pipe.begin()
        var waste: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for _ in 0..<1_024 {
            ERR_clear_error()
            let result = withUnsafeMutableBytes(of: &waste) { SSL_read(ssl, $0.baseAddress, Int32($0.count)) }
            if result > 0 { continue }
            let error = SSL_get_error(ssl, result)
            if error != SSL_ERROR_WANT_READ, error != SSL_ERROR_WANT_WRITE { become(.closed) }
            return
        }
    }

    /// The handshake is done: is it the right peer, and with which keys?
    private func settle() {
        if expected.isEmpty { return }
        guard isExpected() else {
            sayGoodbye()
            return fail(.wrongFingerprint)
        }
        guard let selected = SSL_get_selected_srtp_profile(ssl),
            let profile = SRTPProfile(rawValue: UInt16(truncatingIfNeeded: selected.pointee.id))
        else {
            sayGoodbye()
            return fail(.noProfile)
        }
        let label = "EXTRACTOR-dtls_srtp"
        var material = [UInt8](repeating: 0, count: 2 * (profile.keyLength + profile.saltLength))
        guard
            SSL_export_keying_material(ssl, &material, material.count, label, label.utf8.count, nil, 0, 0) == 1,
            let keys = SRTPKeys(profile: profile, exported: material, role: role)
        else { return fail(.handshake(OpenSSLQueue.drain())) }
        become(.connected(keys))
    }

    private func isExpected() -> Bool {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return false }
        defer { X509_free(certificate) }
        let known = expected.compactMap { fingerprint in
            Digest.algorithm(fingerprint.hash).map { (strength: $0.strength, $0.algorithm, fingerprint.bytes) }
        }
        guard let strongest = known.map(\.strength).max() else { return false }
        return known.contains { strength, algorithm, bytes in
            strength == strongest && !bytes.isEmpty && Digest.of(certificate, algorithm) == bytes
        }
    }

    private func sayGoodbye() {
        guard isHandshakeDone else { return }
        pipe.begin()
        ERR_clear_error()
        SSL_shutdown(ssl)
        ERR_clear_error()
    }

    private func fail(_ reason: DTLSFailure) { become(.failed(reason)) }

    private func become(_ next: DTLSState) {
        state = next
        hasChanged = true
        if isOpen { return }
        deadline = nil
        retransmission = nil
        pipe.dropSpare()
    }

    private func outcome(_ more: [[UInt8]] = []) -> DTLSOutcome {
        defer { hasChanged = false }
        return DTLSOutcome(datagrams: pipe.takeOutgoing() + more, state: state, changed: hasChanged)
    }
}
