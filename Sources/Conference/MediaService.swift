public import MediaDescription
public import Primitives

/// What signalling asks of the media side. Every call is made on the control loop and returns at once.
///
/// The runtime carries it out with sockets, ICE agents and media threads; tests put a recorder in its place.
public protocol MediaService: AnyObject {
    /// Opens an RTP and RTCP port for a leg in the clear, on the local address from which `peer` is reached.
    /// A second call for the same leg gives what the first gave.
    func openPlain(_ leg: LegID, towards peer: IPAddress) throws(MediaUnavailable) -> LocalMedia

    /// Opens an ICE agent on the shared port for a leg, `isControlling` when we are the offerer (RFC 8445 6.1.1).
    /// A second call for the same leg gives what the first gave.
    func openICE(_ leg: LegID, isControlling: Bool) throws(MediaUnavailable) -> LocalMedia

    /// The peer begins ICE anew (RFC 8445 section 9): new credentials of ours for a leg that `openICE` opened. `agree` with
    /// the peer's new ones follows; until a pair of theirs is selected, media go on by the old one.
    func restartICE(_ leg: LegID) throws(MediaUnavailable) -> LocalMedia

    /// Offer and answer are settled, or settled anew by a later offer: media may flow as agreed.
    func agree(_ leg: LegID, _ media: AgreedMedia)

    /// A peer's offer came, to be answered later.
    func offered(_ leg: LegID, _ codecs: [Codec])

    /// What the other leg of a pair can take, best first: what it settled on, else what it offered. Empty for a leg that is
    /// in no pair, or where nothing is known of the other yet.
    func preferred(_ leg: LegID) -> [Codec]

    /// Trickled candidates of the peer (RFC 8838, XEP-0176 transport-info); kept until `agree` when they come early.
    func addCandidates(_ leg: LegID, _ candidates: [CandidateDescription])

    /// The leg is over: its port or agent is given back. Unknown legs are ignored.
    func close(_ leg: LegID)
}

extension MediaService {
    /// Where nobody is paired.
    public func offered(_ leg: LegID, _ codecs: [Codec]) {}
    public func preferred(_ leg: LegID) -> [Codec] { [] }
}

/// No port, or no address, is left for a leg.
public struct MediaUnavailable: Error, Hashable, Sendable {
    public var reason: String

    public init(reason: String) { self.reason = reason }
}
