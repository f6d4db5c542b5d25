public import Primitives

/// One of the places where a request may be sent (RFC 3263 section 4).
public struct SIPTarget: Hashable, Sendable, CustomStringConvertible {
    public let transport: SIPTransport
    public let address: SocketAddress
    /// The domain of the URI, which a certificate must name (RFC 5922 section 7.2).
    public let domain: String

    public init(_ transport: SIPTransport, _ address: SocketAddress, domain: String) {
        self.transport = transport
        self.address = address
        self.domain = domain
    }

    public var description: String { "\(address) by \(transport.viaName)" }
}
