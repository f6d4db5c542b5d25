/// The accounts of ours on the SIP side, by what others may know of them.
public struct AccountDirectory: Sendable, Hashable {
    /// What stands behind the `@` of their addresses.
    public var domain: String
    /// How each is shown to others, by the name before the `@`; nil where that was not said.
    public var displayNames: [String: String?]

    public init(domain: String, displayNames: [String: String?]) {
        self.domain = domain.lowercased()
        self.displayNames = displayNames
    }

    /// The address of an account; nil when there is none of that name.
    func address(_ name: String) -> PeerAddress? {
        displayNames[name] == nil ? nil : PeerAddress(.sip, user: name, host: domain)
    }

    /// Whether that is the address of an account.
    func contains(_ address: PeerAddress) -> Bool {
        address.network == .sip && address.host.lowercased() == domain && displayNames[address.user] != nil
    }
}

/// Who may have the gateway call others.
public enum GatewayPolicy: String, Sendable, Hashable, CaseIterable {
    case everyone
    /// Who has proven to be somebody of ours, who is vouched for, and XMPP users of the bridged domains.
    case accounts
}
