import Conference
import Media
import MediaSecurity
import Primitives

/// One leg as its media thread sees it: what comes in. What goes out is its `Outlet`'s.
struct WorkerLeg: ~Copyable, Sendable {
    let id: LegID
    /// Keeps the ports open. Packets use their numbers, so that nothing is retained for them.
    let sockets: LegSockets
    /// Nil for a leg on the shared port.
    let ports: (rtp: UDPDescriptor, rtcp: UDPDescriptor)?
    /// For a leg of its own ports: the latch on the peer's addresses. For ICE: the selected pair.
    var rtp = PeerLatch()
    /// Not used with rtcp-mux.
    var rtcp = PeerLatch()
    /// Whether RTCP goes the way of RTP (RFC 5761).
    var isMuxed = true
    /// Whether DTLS that comes to its own ports is handed up.
    var takesHandshakes = false
    /// Index of the shared socket that ICE selected.
    var sharedSocket: Int?
    /// The channel of a TURN server that its packets go by; 0 for none.
    var channel: UInt16 = 0
    /// Nil for RTP in the clear, and for ICE until DTLS is through.
    var inbound: SRTPSession?
    /// The outlet's number on this worker; nil while another has it.
    var outlet: Int?
    /// The worker that has the outlet, and the number under which.
    var host: Int?
    var guest: Int?
    /// Where it sits, when it is in a mix.
    var room: Int?
    var slot: Int?
    /// Where its media waits for the next mix, when it left one.
    var parked: Int?
    /// Its addresses in the table for the shared port.
    var addresses: [SocketAddress] = []
    /// When a packet of its peer last came; nil while it never sent.
    var heard: Instant?
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

    /// In place; nil when the packet is forged, damaged or replayed.
    mutating func unprotect(_ memory: UnsafeMutableRawBufferPointer, _ length: Int, _ kind: PacketKind) -> Int? {
        switch kind {
        case .rtp: try? inbound?.unprotect(rtp: memory, count: length)
        case .rtcp: try? inbound?.unprotect(rtcp: memory, count: length)
        }
    }

    /// Where packets of a kind go now, by which socket.
    func destination(_ kind: PacketKind, shared: [UDPDescriptor]) -> KernelAddress.Destination {
        let isRTP = kind == .rtp || isMuxed
        guard let remote = isRTP ? rtp.destination : rtcp.destination else { return KernelAddress.Destination() }
        var descriptor: Int32 = -1
        if let ports {
            descriptor = isRTP ? ports.rtp.number : ports.rtcp.number
        } else if let sharedSocket, shared.indices.contains(sharedSocket) {
            descriptor = shared[sharedSocket].number
        }
        return KernelAddress.Destination(descriptor: descriptor, address: KernelAddress(remote), channel: channel)
    }
}
