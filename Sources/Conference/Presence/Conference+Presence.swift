import Primitives

extension Conference {
    /// Who may watch whom: who may call and write, where the routes lead, and has shown who it is.
    /// - Parameter origin: the host that asks; nil where servers prove addresses.
    public func presenceLink(
        from watcher: PeerAddress, to watched: PeerAddress, isAuthenticated: Bool = false, origin: String? = nil
    ) -> Result<PresenceLink, DeliveryFailure> {
        guard watcher.identifiesPerson, case .peer(let target) = dialPlan.destination(of: watched) else {
            return .failure(watcher.identifiesPerson ? .itemNotFound : .forbidden)
        }
        guard isKnown(watcher, asWatcherOf: target, isAuthenticated: isAuthenticated, origin: origin) else {
            return .failure(.forbidden)
        }
        var call = IncomingCall(caller: watcher, displayName: nil, callee: watched, takesText: false)
        call.isAuthenticated = isAuthenticated
        call.origin = origin
        guard mayCross(call, to: target), mayWrite(payer(of: call), to: target) else { return .failure(.forbidden) }
        // The telephone network knows of no presence, and the exchange of one's own account is not asked.
        guard dialPlan.trunks(to: target).isEmpty, route(of: call).line == nil else {
            return .failure(.featureNotImplemented)
        }
        return .success(
            PresenceLink(
                watcher: watcher.bare, watched: watched.bare,
                watcherThere: dialPlan.caller(watcher.bare, seenFrom: target.network).bare, presentity: target.bare))
    }

    /// Whether a watcher has shown who it is, as far as whom it watches wants that (RFC 3856 sections 6.6.1, 6.6.2): an account,
    /// or what may be one, is there for nobody but those of ours and who is trusted; an XMPP user, who is asked, for those too whose
    /// request comes from the host by which they are reached. To call somebody less is enough.
    /// - Parameter presentity: nil for an address of ours behind which there is nobody.
    public func isKnown(
        _ watcher: PeerAddress, asWatcherOf presentity: PeerAddress?, isAuthenticated: Bool, origin: String?
    ) -> Bool {
        if self.isAuthenticated(watcher, isProven: isAuthenticated) { return true }
        guard let presentity, configuration.accounts?.contains(presentity) != true else { return false }
        return watcher.network == .xmpp || isAtHome(watcher, origin: origin)
    }

    /// Whether somebody's request comes from the very host to which the routes to that one lead.
    private func isAtHome(_ address: PeerAddress, origin: String?) -> Bool {
        let there = dialPlan.caller(address.bare, seenFrom: .xmpp)
        guard case .peer(let target) = dialPlan.destination(of: there), target.network == .sip,
            configuration.accounts?.contains(target) != true, let home = IPAddress(target.hostName),
            let origin = origin.flatMap({ IPAddress($0) })
        else { return false }
        return home.unmapped == origin.unmapped
    }
}
