import Conference
import Primitives
import SIP

/// Of whom it is asked that they prove who they are.
public enum SIPAuthentication: String, Sendable, Hashable, CaseIterable {
    /// Of who registers alone.
    case none
    /// Of who says that it is somebody of ours, too.
    case calls
    /// Of everybody.
    case all
}

/// Who a request is from, and whether it is believed (RFC 3261 section 22).
extension SIPAdapter {
    /// Whether nobody is believed on the word of From alone.
    var wantsProof: Bool { configuration.accounts != nil && configuration.authentication != .none }

    func isTrusted(_ flow: SIPFlow) -> Bool {
        hosts.trusts(flow.remote.ip)
            || configuration.trustedPeers.contains { $0.contains(flow.remote.ip.unmapped) }
    }

    /// Who sent a request outside of any dialog; nil when it was answered with a challenge or a refusal.
    mutating func admit(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, at now: Instant
    ) -> Identity? {
        var identity = identity(of: request, on: flow)
        guard let accounts = configuration.accounts else { return identity }
        let claim = accounts.claim(of: request.from.uri, at: flow.local)
        if isTrusted(flow) {
            if case .account(let name) = accounts.claim(of: SIPURI(identity.address), at: flow.local) {
                identity.become(name, of: accounts)
            }
            return identity
        }
        switch digest?.judge(request, from: flow.remote.ip, at: now) ?? .missing {
        case .account(let name):
            guard claim == .none || claim == .account(name) else {
                reply(request, id, 403, "From is somebody else's address", at: now)
                return nil
            }
            identity.isAuthenticated = true
            if identity.address.isAnonymous {
                identity.account = PeerAddress(.sip, user: name, host: accounts.domain)
            } else {
                identity.become(name, of: accounts)
            }
            return identity
        case .missing:
            guard configuration.authentication == .all || configuration.authentication == .calls && claim != .none
            else { return identity }
            challenge(request, id, flow, isStale: false, at: now)
        case let verdict: refuse(request, id, flow, verdict, at: now)
        }
        return nil
    }

    /// Answers a request whose credentials do not do.
    mutating func refuse(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ verdict: DigestVerdict, at now: Instant
    ) {
        switch verdict {
        case .missing: challenge(request, id, flow, isStale: false, at: now)
        case .stale: challenge(request, id, flow, isStale: true, at: now)
        case .wrong:
            complain(
                "wrong password from \(flow.remote.ip.unmapped) for \(PeerAddress(request.from.uri))", .warning, at: now
            )
            challenge(request, id, flow, isStale: false, at: now)
        case .barred:
            complain("too many wrong passwords from \(flow.remote.ip.unmapped)", .warning, at: now)
            reply(
                request, id, 403, "Too many wrong passwords", headers: [SIPHeader("Retry-After", "10")], at: now)
        case .misdirected: reply(request, id, 400, "The credentials are for another URI", at: now)
        case .account: reply(request, id, 403, at: now)
        }
    }

    private mutating func challenge(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, isStale: Bool, at now: Instant
    ) {
        let headers = digest?.challenges(isStale: isStale, to: flow.remote.ip, at: now) ?? []
        reply(request, id, 401, headers: headers, at: now)
    }
}

extension SIPAdapter.Identity {
    /// One of ours, under the address and name that it has here.
    fileprivate mutating func become(_ account: String, of accounts: SIPAccounts) {
        isAuthenticated = true
        address = PeerAddress(.sip, user: account, host: accounts.domain)
        displayName = accounts.displayNames[account] ?? displayName
    }
}
