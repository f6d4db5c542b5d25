import Conference
import Media
import MediaSecurity
import Primitives

/// One leg as its media thread sees it.
struct WorkerLeg: ~Copyable {
    let id: LegID
    let sockets: LegSockets
    /// For a leg of its own ports: the latch on the peer's addresses. For ICE: the selected pair.
    var rtp: PeerLatch
    var rtcp: PeerLatch
    /// Index of the shared socket that ICE selected.
    var sharedSocket: Int?
    /// Nil for plain RTP, and for ICE until DTLS is through.
    var security: SRTPPair?
    var room: Int?
    var slot: Int?

    init(_ id: LegID, _ sockets: LegSockets) {
        self.id = id
        self.sockets = sockets
        rtp = PeerLatch()
        rtcp = PeerLatch()
    }

    var isShared: Bool { if case .shared = sockets { true } else { false } }
}

/// Which source address a plain RTP port listens to and answers (symmetric RTP, RFC 4961).
///
/// The signalled address always wins; until it sends, the first address that does is taken, and kept as long as it
/// keeps sending, so that nobody can take a call over by sending to its port.
struct PeerLatch {
    /// From the peer's description.
    private var signalled: SocketAddress?
    private var latched: SocketAddress?
    private var lastHeard = Instant.zero

    /// Silence after which another source may take over.
    private static let hold: Duration = .seconds(3)

    /// Where to send.
    var destination: SocketAddress? { latched ?? signalled }

    mutating func signal(_ address: SocketAddress) {
        guard address != signalled else { return }
        signalled = address
        latched = nil
    }

    /// Whether a packet from `source` is the peer's.
    mutating func accepts(_ source: SocketAddress, at now: Instant) -> Bool {
        guard signalled != nil else { return false }
        if source != latched {
            guard source == signalled || latched == nil || now - lastHeard > PeerLatch.hold else { return false }
            latched = source
        }
        lastHeard = now
        return true
    }
}

extension WorkerLeg {
    /// In place; the new length, or nil when the packet cannot be protected.
    mutating func protect(_ memory: UnsafeMutableRawBufferPointer, _ length: Int, _ kind: PacketKind) -> Int? {
        switch kind {
        case .rtp: try? security?.outbound.protect(rtp: memory, count: length)
        case .rtcp: try? security?.outbound.protect(rtcp: memory, count: length)
        }
    }

    /// In place; nil when the packet is forged, damaged or replayed.
    mutating func unprotect(_ memory: UnsafeMutableRawBufferPointer, _ length: Int, _ kind: PacketKind) -> Int? {
        switch kind {
        case .rtp: try? security?.inbound.unprotect(rtp: memory, count: length)
        case .rtcp: try? security?.inbound.unprotect(rtcp: memory, count: length)
        }
    }
}
