public import Primitives

/// The local side of one leg's media, opened before anything is offered or answered.
public struct LocalMedia: Hashable, Sendable {
    public enum Transport: Hashable, Sendable {
        /// RTP without ICE on a port of its own, in the clear or under keys of SDES or DTLS, RTCP on `rtcp`.
        case plain(rtp: SocketAddress, rtcp: SocketAddress)
        /// ICE on the shared port, DTLS-SRTP with this certificate; candidates in order of priority, the first being
        /// the default.
        case ice(ICEParameters, candidates: [CandidateDescription], fingerprint: Fingerprint)
    }

    public var transport: Transport
    /// The one SSRC with which this leg is sent everything.
    public var ssrc: UInt32
    /// RFC 7022 canonical name.
    public var cname: String
    /// Our SDES keys for RTP without ICE, one for each suite, the best first (RFC 4568).
    public var cryptos: [SDESCrypto]
    /// Of our certificate, for DTLS without ICE (RFC 5763); nil where that cannot be had.
    public var fingerprint: Fingerprint?

    public init(
        transport: Transport, ssrc: UInt32, cname: String, cryptos: [SDESCrypto] = [],
        fingerprint: Fingerprint? = nil
    ) {
        self.transport = transport
        self.ssrc = ssrc
        self.cname = cname
        self.cryptos = cryptos
        self.fingerprint = fingerprint
    }
}
