/// An address of ours at somebody's registrar, and what proves that it is ours.
public struct RegistrationAccount: Hashable, Sendable {
    /// The address of record.
    public var address: SIPURI
    public var displayName: String?
    public var user: DigestUser
    /// Where requests go first (RFC 3261 section 8.1.2), where that is not the domain of the address.
    public var proxy: SIPURI?

    public init(address: SIPURI, displayName: String? = nil, user: DigestUser, proxy: SIPURI? = nil) {
        self.address = address
        self.displayName = displayName
        self.user = user
        self.proxy = proxy
    }

    /// The Request-URI of REGISTER: no user part (RFC 3261 section 10.2).
    public var registrar: SIPURI {
        var uri = address
        uri.user = nil
        return uri
    }

    /// The URI that is looked up.
    public var nextHop: SIPURI { proxy ?? registrar }

    /// What a request outside of a dialog begins its Route with.
    public var route: [NameAddress] {
        guard var proxy else { return [] }
        proxy.parameters.flag("lr")
        return [NameAddress(proxy)]
    }
}
