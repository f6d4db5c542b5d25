import Conference
import Media
import MediaSecurity
import Primitives

/// One leg as its media thread sees it.
struct WorkerLeg: ~Copyable {
    let id: LegID
    /// Keeps the ports open. Packets use their numbers, so that nothing is retained for them.
    private let sockets: LegSockets
    /// Nil for a leg on the shared port.
    let ports: (rtp: UDPDescriptor, rtcp: UDPDescriptor)?
    /// For a leg of its own ports: the latch on the peer's addresses. For ICE: the selected pair.
    var rtp = PeerLatch()
    /// Not used with rtcp-mux.
    var rtcp = PeerLatch()
    /// Whether RTCP goes the way of RTP (RFC 5761).
    var isMuxed = true
    /// Index of the shared socket that ICE selected.
    var sharedSocket: Int?
    /// Nil for plain RTP, and for ICE until DTLS is through.
    var security: SRTPPair?
    /// Where it sits, when it is in a mix.
    var room: Int?
    var slot: Int?
    /// Where its media waits for the next mix, when it left one.
    var parked: Int?
    /// Packets that were not its peer's, not told of yet, and when they were last told of.
    private var refused = 0
    private var told: Instant?
    /// As of when it left its last mix.
    var statistics: LegStatistics?

    init(_ id: LegID, _ sockets: LegSockets) {
        self.id = id
        self.sockets = sockets
        ports =
            switch sockets {
            case .own(let rtp, let rtcp): (rtp.descriptor, rtcp.descriptor)
            case .shared: nil
            }
    }

    var isShared: Bool { ports == nil }
}

extension WorkerLeg {
    /// Counts a packet that was refused. At most once a second gives how many there were, to be told.
    mutating func refuse(at now: Instant) -> Int? {
        refused += 1
        if let told, now - told < .seconds(1) { return nil }
        told = now
        defer { refused = 0 }
        return refused
    }

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
