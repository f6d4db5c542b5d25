import Conference
import ICE
import Media
import MediaDescription
import MediaSecurity
import Primitives

/// One leg's media on the control side: what was opened, what was agreed, and where it plays.
final class MediaSession: Alarmed {
    let id: LegID
    /// As last opened: an ICE restart changes the credentials.
    var local: LocalMedia
    /// A leg without ICE has its own; an ICE leg has an agent.
    let sockets: LegSockets
    var agent: ICEAgent?
    var dtls: DTLSConnection?
    /// What DTLS has to send, until ICE has selected a pair.
    var flight = HeldFlight()
    /// DTLS on ports of its own.
    var direct: DirectSecurity?
    /// Known once DTLS is through; given to the worker once, when both are there.
    var keys: SRTPKeys?
    /// Of RTCP, where it has keys of its own.
    var controlKeys: SRTPKeys?
    var agreed: AgreedMedia?
    /// Names of the codecs that were settled so far.
    private(set) var codecs: [String] = []
    /// Candidates that came before the peer's credentials.
    var early: [CandidateDescription] = []
    /// Where ICE sends, by the index of the shared socket.
    var selected: (socket: Int, remote: SocketAddress)?
    /// The relay by which it sends there.
    var relay: RelayUse?
    /// Hosts that packets were relayed to.
    var relayedHosts: Set<IPAddress> = []
    /// Addresses that were said to be the peer's, oldest first; packets from them are this leg's.
    var learned: [SocketAddress] = []
    /// The worker that has the leg; from its first mix on.
    var worker: Int?
    var mix: MixID?
    /// While it moves to `worker`: what it is told waits there.
    var transit: MediaTransit?

    /// Most early candidates kept.
    static let maximumEarly = 100
    /// Most addresses of the peer; the oldest that is not in use gives way.
    static let maximumLearned = 32

    init(_ id: LegID, local: LocalMedia, sockets: LegSockets, agent: ICEAgent? = nil) {
        self.id = id
        self.local = local
        self.sockets = sockets
        self.agent = agent
    }

    var settings: LegMediaSettings? { agreed.flatMap { LegMediaSettings($0, local) } }

    /// What offer and answer settled, as settled anew.
    func agree(_ media: AgreedMedia) {
        agreed = media
        for codec in [media.sendCodec] + media.receiveCodecs.prefix(1) where codecs.count < 8 {
            if !codecs.contains(codec.name) { codecs.append(codec.name) }
        }
    }

    /// What is kept of it when it is over.
    func record(_ statistics: LegStatistics?) -> CallRecord.Media {
        CallRecord.Media(
            codecs: codecs, packetsSent: Int64(clamping: statistics?.packetsSent ?? 0),
            packetsReceived: Int64(clamping: statistics?.packetsReceived ?? 0),
            packetsLost: statistics?.packetsLost ?? 0, jitter: (statistics?.jitter ?? .zero).nanoseconds / 1000,
            packetsDecoded: Int64(clamping: statistics?.packetsDecoded ?? 0),
            packetsRelayed: Int64(clamping: statistics?.packetsRelayed ?? 0),
            packetsEncoded: Int64(clamping: statistics?.packetsEncoded ?? 0))
    }

    var nextWake: Instant? {
        [agent?.nextWake, dtls?.nextWake, direct?.nextWake].compactMap(\.self).min()
    }
}
