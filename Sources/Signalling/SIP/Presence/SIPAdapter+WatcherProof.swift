import Conference
import Primitives
import SIP

/// Who SUBSCRIBEs has to show who it is before it is told of anybody (RFC 3856 sections 6.6.1, 6.6.2).
extension SIPAdapter {
    /// Who may watch what a SUBSCRIBE outside of any dialog is for; answers for all others, nil then. What strangers get is the
    /// same whether or not there is such an account.
    /// - Parameter mayProve: whether it can be asked for a password.
    mutating func watcher(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ destination: DialPlan.Destination,
        from identity: Identity, mayProve: Bool, _ conference: Conference, at now: Instant
    ) -> Identity? {
        let event = request.event?.value.lowercased()
        var presentity: PeerAddress?
        if case .peer(let peer) = destination { presentity = peer }
        // Without accounts there is nobody here to tell of; rooms answer for themselves.
        guard presentity != nil || configuration.accounts != nil && event == "presence" else { return identity }
        var identity = identity
        if !identity.isAuthenticated, !identity.address.isAnonymous,
            let account = phone(of: request, on: flow, at: now)
        {
            identity.address = account
            identity.isAuthenticated = true
        }
        let isKnown = conference.isKnown(
            identity.address, asWatcherOf: presentity, isAuthenticated: identity.isAuthenticated,
            origin: flow.remote.ip.unmapped.description)
        if isKnown { return identity }
        switch event {
        case "presence" where wantsProof && mayProve && !identity.isAuthenticated:
            refuse(request, id, flow, .missing, at: now)
        case "presence": reply(request, id, 403, at: now)
        // As for a room that is not there.
        default:
            guard presentity.flatMap({ account(at: $0) }) != nil else { return identity }
            reply(request, id, 404, at: now)
        }
        return nil
    }

    /// The account that a request says it is from, where nobody is asked for a password and it comes from where a phone of that
    /// account has registered with one.
    private func phone(of request: SIPMessage, on flow: SIPFlow, at now: Instant) -> PeerAddress? {
        guard !wantsProof, let accounts = configuration.accounts,
            case .account(let name) = accounts.claim(of: request.from.uri, at: flow.local),
            registrar.bindings(of: name, at: now).contains(where: {
                $0.flow.remote == flow.remote && $0.flow.transport == flow.transport
            })
        else { return nil }
        return PeerAddress(.sip, user: name, host: accounts.domain)
    }
}
