extension Conference {
    /// Who may watch whom: who may call and write, where the routes lead.
    /// - Parameter origin: the host that asks; nil where servers prove addresses.
    public func presenceLink(
        from watcher: PeerAddress, to watched: PeerAddress, isAuthenticated: Bool = false, origin: String? = nil
    ) -> Result<PresenceLink, DeliveryFailure> {
        guard watcher.identifiesPerson, case .peer(let target) = dialPlan.destination(of: watched) else {
            return .failure(watcher.identifiesPerson ? .itemNotFound : .forbidden)
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
}
