extension IncomingCall {
    /// Most hops that a call of ours may take (RFC 3261 section 8.1.1.6).
    private static let mostHops = 70

    /// How many hops are left behind us (RFC 3261 section 16.6, RFC 7332); less than none for a call that may not go on.
    var hopsLeft: Int? { hops.map { min(max($0, 0), Self.mostHops + 1) - 1 } }

    /// Whether it may not be sent on to that network any more.
    func isSpent(towards network: PeerAddress.Network) -> Bool { network == .sip && hopsLeft ?? 0 < 0 }
}
