import Conference
import Media
import MediaSecurity
import Primitives

/// What the control loop tells a media thread. Travels by value through a ring; what is in it changes hands with it.
enum WorkerCommand: ~Copyable, Sendable {
    /// A leg with its sockets; silent until it is in a mix.
    case open(LegID, LegSockets)
    /// Where its media goes to and comes from.
    case route(LegID, LegRoute)
    /// SRTP keys; without them an ICE leg neither sends nor receives.
    case secure(LegID, SRTPPair)
    /// In a mix from now on.
    case join(LegID, MixID, MediaLeg)
    /// Negotiated anew.
    case update(LegID, LegMediaSettings)
    case leave(LegID)
    /// Out of its mix, and about to be in another: its stream goes on.
    case park(LegID)
    /// Whether the leg is heard, and hears, in the mix it is in.
    case voice(LegID, isMuted: Bool, isDeaf: Bool)
    /// Number of the group whose voices the leg is not given in its mix; 0 for none.
    case group(LegID, UInt8)
    /// To be pressed for the leg's peer (RFC 4733).
    case key(LegID, UInt8)
    /// To be played to the leg alone,
    case play(LegID, [Recording])
    /// … or to everybody in a mix.
    case playToMix(MixID, [Recording])
    /// Whether packets of a mix go from one leg to the other as they come, while it has two.
    case relay(MixID, Bool)
    /// What the leg says is to be kept as its name, until the tape is full or `endCapture`; `captured` comes back.
    case capture(LegID, NameTape)
    case endCapture(LegID)
    /// What is heard in a mix is to be written down by another thread, or no more.
    case record(MixID, MixTape)
    case endRecording(MixID)
    /// The leg is over; its sockets are in use no more when `closed` comes back.
    case close(LegID)
    /// Packets of this leg's address that come by the shared port are to be handed to another worker.
    case forward(SocketAddress, worker: Int)
    /// … and no more.
    case forget(SocketAddress)
    /// A room, or legs without one, are to go to another worker, which says `arrived`.
    case depart(Departure)
    /// So many more legs of a mix are to be sent for by another worker,
    case spread(MixID, count: Int, host: Int)
    /// … or fewer by any.
    case gather(MixID, count: Int)
    /// To be answered with `silent` for each leg in a mix that sent once, and nothing since.
    case listen(since: Instant)
    /// Where ChannelData comes from, by index of the relay; for the first worker.
    case relays([SocketAddress])
    /// To be answered with `weighed`, in the memory that comes along.
    case weigh(into: [RoomWeight])
    case stop
}

/// A move as the control loop wants it.
struct Departure: Sendable {
    let transit: Int
    let mix: MixID?
    let legs: [LegID]
    let to: Int
}

/// The sockets of a leg: its own, or the shared ones of the ICE port.
enum LegSockets: Sendable {
    case own(rtp: UDPSocket, rtcp: UDPSocket)
    case shared
}

/// Where a leg's packets go and come from.
enum LegRoute: Sendable {
    /// As signalled; the first real source address takes over (symmetric RTP). No `rtcp` with rtcp-mux.
    case signalled(rtp: SocketAddress, rtcp: SocketAddress?)
    /// The pair that ICE selected; `socket` is the index of the shared socket.
    case selected(socket: Int, remote: SocketAddress)
    /// The same by a channel of a TURN server.
    case relayed(socket: Int, server: SocketAddress, channel: UInt16)
    /// A further address that ICE proved to be the peer's; received from, not sent to.
    case alias(SocketAddress)
    /// DTLS on its own ports is for the control loop from now on.
    case handshakes
    /// An address that is the peer's no longer.
    case notMine(SocketAddress)
}

/// What a media thread tells the control loop.
enum WorkerNotice: Sendable {
    case event(LegID, LegEvent)
    /// So many packets were refused since last said: not from the leg's peer, forged, damaged or replayed.
    case refused(LegID, count: Int, last: SocketAddress)
    /// The leg's sockets may be closed.
    case closed(LegID, LegStatistics?)
    /// The leg's codec cannot be had: it would be in the call and neither hear nor be heard.
    case failed(LegID)
    /// Nothing came of a leg for as long as was asked for.
    case silent(LegID)
    /// What moved is here; commands for it may be given.
    case arrived(transit: Int)
    /// What each room costs, in thousandths of a thread, and how many of its legs others send for.
    case weighed(worker: Int, [RoomWeight])

    /// What the control loop cannot do without.
    var mustArrive: Bool {
        switch self {
        case .closed, .failed, .arrived, .weighed: true
        case .event, .refused, .silent: false
        }
    }
}

/// Both directions of one leg's SRTP, owned by the worker once sent there; each is taken out once.
struct SRTPPair: ~Copyable, Sendable {
    var outbound: SRTPSession?
    var inbound: SRTPSession?
}

/// What a room costs its thread.
struct RoomWeight: Sendable {
    let mix: MixID
    let cost: Int
    /// Legs that other workers send for.
    let spread: Int
}
