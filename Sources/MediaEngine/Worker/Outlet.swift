import Conference
import Media
import MediaSecurity
import Primitives

/// The way out of one leg: its keys and where its packets go. It may live on another thread than the leg's room.
///
/// `@unchecked Sendable`: its memory belongs to this value alone, which cannot be copied.
struct Outlet: ~Copyable, @unchecked Sendable {
    let leg: LegID
    /// Keeps the ports open.
    private let sockets: LegSockets
    /// Nil for plain RTP, and for ICE until DTLS is through.
    var security: SRTPSession?
    /// Where RTP and RTCP go, in memory that stays where it is.
    private let destinations: UnsafeMutablePointer<KernelAddress.Destination>

    init(_ leg: LegID, _ sockets: LegSockets) {
        self.leg = leg
        self.sockets = sockets
        destinations = .allocate(capacity: 2)
        destinations.initialize(repeating: KernelAddress.Destination(), count: 2)
    }

    deinit { destinations.deallocate() }

    /// Whether its socket takes the packets of many legs; such a leg sends nothing in the clear.
    var isShared: Bool { if case .shared = sockets { true } else { false } }

    /// Where packets of a kind go.
    func destination(_ kind: PacketKind) -> UnsafeMutablePointer<KernelAddress.Destination> {
        destinations + (kind == .rtp ? 0 : 1)
    }

    /// In place; the new length, or nil when the packet must not or cannot go.
    mutating func protect(_ memory: UnsafeMutableRawBufferPointer, _ length: Int, _ kind: PacketKind) -> Int? {
        guard security != nil else { return isShared ? nil : length }
        return switch kind {
        case .rtp: try? security?.protect(rtp: memory, count: length)
        case .rtcp: try? security?.protect(rtcp: memory, count: length)
        }
    }
}
