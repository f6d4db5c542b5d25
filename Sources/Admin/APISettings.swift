public import Primitives

/// Where the API listens, and who may use it.
public struct APISettings: Sendable {
    public var address: SocketAddress
    /// Never empty; any of them opens everything.
    public var tokens: [Redacted<String>]

    public init(address: SocketAddress, tokens: [Redacted<String>]) {
        self.address = address
        self.tokens = tokens
    }
}
