import MediaDescription
import MediaSecurity
import Primitives

/// DTLS-SRTP on a leg's own ports, without ICE (RFC 5763, RFC 5764 section 4.1.2): an association for RTP, and one more
/// for RTCP where that has a port of its own.
///
/// handshaking → settled, once RTP has its keys and RTCP has them too, was given up, or had its time. Nothing is sent or
/// taken before.
struct DirectSecurity {
    enum Component: Hashable { case rtp, rtcp }

    /// What makes an association another one (RFC 8842 section 4): fingerprints, roles and addresses.
    struct Terms: Hashable {
        var dtls: AgreedDTLS
        var rtp: SocketAddress
        /// Nil with rtcp-mux.
        var rtcp: SocketAddress?
    }

    struct Association {
        let connection: DTLSConnection
        /// Where the peer's datagrams come from, and ours go.
        var latch = PeerLatch()
        var keys: SRTPKeys?
    }

    let terms: Terms
    var associations: [Component: Association] = [:]
    var isStarted = false
    var isSettled = false
    /// When RTCP is waited for no longer.
    var controlDeadline: Instant?

    /// How much longer than that of RTP the handshake of RTCP may take.
    static let controlPatience = Duration.seconds(2)

    init(_ terms: Terms, certificate: Certificate) throws(MediaSecurityError) {
        self.terms = terms
        let expected = terms.dtls.fingerprints.map { CertificateFingerprint(hash: $0.hash, bytes: $0.bytes) }
        for (component, address) in [(Component.rtp, terms.rtp as SocketAddress?), (.rtcp, terms.rtcp)] {
            guard let address else { continue }
            var association = Association(
                connection: try DTLSConnection(
                    role: terms.dtls.isClient ? .client : .server, certificate: certificate, fingerprints: expected))
            association.latch.signal(address)
            associations[component] = association
        }
    }

    var nextWake: Instant? {
        let due = associations.values.compactMap(\.connection.nextWake).min()
        guard let controlDeadline, !isSettled else { return due }
        return min(due ?? controlDeadline, controlDeadline)
    }

    /// The keys of RTP, and of RTCP where it has its own, once nothing is waited for any more.
    func keys(at now: Instant) -> (rtp: SRTPKeys, rtcp: SRTPKeys?)? {
        guard let rtp = associations[.rtp]?.keys else { return nil }
        guard let control = associations[.rtcp] else { return (rtp, nil) }
        if control.keys == nil, controlDeadline.map({ $0 > now }) ?? true { return nil }
        return (rtp, control.keys)
    }
}

extension PacketRing.Label {
    /// Which of a leg's own ports it came by; nil for the shared one.
    var component: DirectSecurity.Component? {
        switch socket {
        case PacketRing.Label.rtpPort: .rtp
        case PacketRing.Label.rtcpPort: .rtcp
        default: nil
        }
    }
}
