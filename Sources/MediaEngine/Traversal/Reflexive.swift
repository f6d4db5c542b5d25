import ICE
import Primitives

/// What one server sees one of the shared sockets as.
struct Reflexive {
    let socket: Int
    let server: SocketAddress
    /// False for a connection that is only to be kept: what the server sees is no UDP address.
    let isOffered: Bool
    var mapping: STUNMapping
}
