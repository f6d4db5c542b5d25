import ICE
import MediaDescription
import MediaSecurity
import Primitives

/// ICE and DTLS of one participant that calls (RFC 8445, RFC 5764), on a socket of its own.
struct SecurePath {
    let socketNumber: Int
    private let socket: MediaSocket
    private let certificate: Certificate
    private var agent: ICEAgent
    private var dtls: DTLSConnection?
    private var isConnected = false
    /// DTLS that came before there was a way to answer it.
    private var early: [[UInt8]] = []
    private(set) var remote: SocketAddress?
    /// Once the handshake is done.
    private(set) var keys: SRTPKeys?
    private(set) var failure: String?

    init(_ socket: MediaSocket, number: Int, certificate: Certificate, entropy: Entropy, now: Instant) {
        self.socket = socket
        socketNumber = number
        self.certificate = certificate
        var configuration = ICEConfiguration()
        configuration.nominationDelay = .milliseconds(50)
        configuration.pace = .milliseconds(20)
        agent = ICEAgent(
            credentials: .random(entropy), role: .controlling, entropy: entropy, hashing: .openSSL,
            configuration: configuration)
        agent.addLocalCandidate(.host(socket.address), now: now)
    }

    /// What an offer says of it.
    func local(ssrc: UInt32, cname: String) -> LocalMedia {
        let candidates = agent.localCandidates.map {
            CandidateDescription(
                foundation: $0.foundation, component: 1, priority: $0.priority, address: $0.address, kind: .host)
        }
        return LocalMedia(
            transport: .ice(
                ICEParameters(ufrag: agent.localCredentials.ufrag, pwd: agent.localCredentials.pwd),
                candidates: candidates,
                fingerprint: Fingerprint(hash: "sha-256", bytes: certificate.fingerprint)),
            ssrc: ssrc, cname: cname)
    }

    mutating func agree(
        _ remote: ICEParameters, _ fingerprints: [Fingerprint], isDTLSClient: Bool,
        candidates: [CandidateDescription], now: Instant
    ) {
        let expected = fingerprints.map { CertificateFingerprint(hash: $0.hash, bytes: $0.bytes) }
        do throws(MediaSecurityError) {
            dtls = try DTLSConnection(
                role: isDTLSClient ? .client : .server, certificate: certificate, fingerprints: expected)
        } catch {
            failure = "DTLS: \(error)"
            return
        }
        let events = agent.setRemote(
            ICECredentials(ufrag: remote.ufrag, pwd: remote.pwd), isLite: remote.isLite, now: now)
        follow(events, now)
        add(candidates, now: now)
    }

    mutating func add(_ candidates: [CandidateDescription], now: Instant) {
        let usable = candidates.compactMap { candidate -> Candidate? in
            guard candidate.transport.lowercased() == "udp", candidate.component == 1, !candidate.address.ip.isV6
            else { return nil }
            return Candidate(
                kind: Candidate.Kind(rawValue: candidate.kind.rawValue) ?? .host, address: candidate.address,
                foundation: candidate.foundation, priority: candidate.priority)
        }
        follow(agent.addRemoteCandidates(usable, now: now), now)
    }

    mutating func receive(_ bytes: [UInt8], from source: SocketAddress, now: Instant) {
        if let first = bytes.first, first < 4 {
            follow(agent.receive(bytes, from: source, to: socket.address, now: now), now)
        } else if isConnected, let dtls {
            follow(dtls.receive(bytes, now: now))
        } else if early.count < 8 {
            early.append(bytes)
        }
    }

    mutating func wake(now: Instant) {
        if let due = agent.nextWake, due <= now { follow(agent.wake(now: now), now) }
        if let dtls, let due = dtls.nextWake, due <= now { follow(dtls.wake(now: now)) }
    }

    var nextWake: Instant? { [agent.nextWake, dtls?.nextWake].compactMap(\.self).min() }

    /// Says goodbye.
    mutating func close() {
        if let dtls { follow(dtls.close()) }
    }

    private mutating func follow(_ events: [ICEEvent], _ now: Instant) {
        for packet in agent.drain() { socket.send(packet.bytes, to: packet.remote) }
        for event in events {
            switch event {
            case .selected(let pair): remote = pair.remote.address
            case .connected:
                if !isConnected, let dtls {
                    isConnected = true
                    follow(dtls.start(now: now))
                    for datagram in early { follow(dtls.receive(datagram, now: now)) }
                    early = []
                }
            case .failed(let reason): failure = "ICE: \(reason)"
            case .learned, .refused, .roleChanged: break
            }
        }
    }

    private mutating func follow(_ outcome: DTLSOutcome) {
        if let remote { for datagram in outcome.datagrams { socket.send(datagram, to: remote) } }
        guard outcome.changed else { return }
        switch outcome.state {
        case .connected(let keys): self.keys = keys
        case .failed(let reason): failure = "DTLS: \(reason)"
        case .closed, .handshaking: break
        }
    }
}
