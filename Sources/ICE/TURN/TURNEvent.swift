public import Primitives

/// What a TURN client tells its owner.
public enum TURNEvent: Hashable, Sendable {
    /// There are relayed addresses, at most one of each family, and what the server sees us as.
    case allocated([SocketAddress], mapped: SocketAddress?)
    /// The relayed addresses are gone, or there are none; another attempt follows by itself.
    case lost(TURNFailure)
    /// The server sends us to another (ALTERNATE-SERVER): the owner is to send there from now on.
    case redirected(SocketAddress)
    /// The peer may be sent ChannelData under this number.
    case channel(UInt16, SocketAddress)
    /// The server binds no channel for the peer.
    case refused(SocketAddress)
    /// A peer's datagram.
    case data([UInt8], from: SocketAddress)
}

/// Why there is no allocation.
public enum TURNFailure: Hashable, Sendable, CustomStringConvertible {
    case noAnswer
    /// The server does not take our credentials (401, 441).
    case unauthorized
    /// The server no longer knows the allocation, or has another for our address (437).
    case mismatch
    /// Any other error: 403, 442, 486, 508.
    case refused(Int)
    case malformed

    public var description: String {
        switch self {
        case .noAnswer: "no answer"
        case .unauthorized: "wrong credentials"
        case .mismatch: "the allocation is not known, or not ours (437)"
        case .refused(let code): "error \(code)"
        case .malformed: "an answer without what it must have"
        }
    }
}
