import Primitives

/// Who causes a call, and is charged for it.
public struct Payer: Sendable, Hashable {
    public let address: PeerAddress
    /// The host that it came from; nil where servers prove addresses.
    public let origin: String?
    /// Whether the address is believed: an XMPP server says so, a password, or a peer that is trusted.
    public let isProven: Bool
    /// Whether it is somebody of ours, for whom `gateway.callers: accounts` is.
    public let isOurs: Bool

    public init(address: PeerAddress, origin: String?, isProven: Bool, isOurs: Bool) {
        self.address = address.bare
        self.origin = origin
        self.isProven = (isProven || address.network == .xmpp) && address.identifiesPerson
        self.isOurs = isOurs
    }

    /// As whom it is counted: by its address where that is believed, else by its host.
    public var name: String {
        guard !isProven, let origin else { return address.description.lowercased() }
        return host?.customer.description ?? origin
    }

    /// The domain whose users it is one of.
    var domain: String? { isProven ? address.hostName.lowercased() : nil }

    var host: IPAddress? { origin.flatMap { IPAddress($0) } }
}
