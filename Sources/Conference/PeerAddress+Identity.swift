extension PeerAddress {
    /// Whether two calls from this address are one person's: not so for SIP callers who do not say who they are.
    public var identifiesPerson: Bool {
        network == .xmpp || !(user.isEmpty || isAnonymous)
    }
}
