public import Primitives

/// Where an account is reached, as it was kept: one Contact of a REGISTER (RFC 3261 section 10.3).
public struct StoredBinding: Sendable, Hashable {
    public var account: String
    /// The Contact header's value.
    public var contact: String
    public var transport: String
    public var remote: SocketAddress
    public var callID: String
    public var sequence: UInt32
    public var expires: WallTime

    public init(
        account: String, contact: String, transport: String, remote: SocketAddress, callID: String, sequence: UInt32,
        expires: WallTime
    ) {
        self.account = account
        self.contact = contact
        self.transport = transport
        self.remote = remote
        self.callID = callID
        self.sequence = sequence
        self.expires = expires
    }
}
