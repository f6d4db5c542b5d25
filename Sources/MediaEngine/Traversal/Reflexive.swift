import ICE
import Primitives

/// What one server sees one of the shared sockets as.
struct Reflexive {
    let socket: Int
    let server: SocketAddress
    var mapping: STUNMapping
}
