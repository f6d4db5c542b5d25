public import Primitives

/// How the audio of an offer wants to travel, to be asked before local media is opened for the answer.
public enum OfferedTransport: Hashable, Sendable {
    /// RTP without ICE, in the clear or under keys of SDES or DTLS; `peer` is where it is to be sent, unspecified
    /// (`0.0.0.0`) when the peer holds the way of RFC 2543.
    case plain(peer: IPAddress)
    /// ICE and DTLS-SRTP.
    case ice
    /// Nothing in the offer can be accepted, for this reason.
    case unsupported(NegotiationError)
}
