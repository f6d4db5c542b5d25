import Conference
import Primitives
import SIP

/// How many more subscriptions to presence each may begin now: each asks a user or its server, and sends NOTIFYs to where it
/// says that it came from. As many as calls: of who has proven who it is by name, of others by address.
struct PresenceRates {
    private var strangers: Allowances
    private var trusted: Allowances

    init(_ configuration: SIPAdapterConfiguration) {
        strangers = Allowances(rate: configuration.callsPerSecond, limit: SIPCallRates.mostAddresses)
        trusted = Allowances(rate: configuration.trustedCallsPerSecond, limit: SIPCallRates.mostAddresses)
    }

    mutating func take(
        _ identity: SIPAdapter.Identity, from source: IPAddress, isTrusted: Bool, at now: Instant
    ) -> Allowances.Verdict {
        let address = source.customer.description
        if isTrusted { return trusted.take(address, at: now) }
        return strangers.take(identity.isAuthenticated ? identity.address.bare.description : address, at: now)
    }

    /// Who was refused how many since this was last asked, at most every five seconds.
    mutating func report(at now: Instant) -> [(key: String, refused: Int)] {
        strangers.report(at: now) + trusted.report(at: now)
    }
}

extension SIPAdapter {
    /// Whether somebody may begin one more subscription to presence now.
    mutating func mayWatch(_ identity: Identity, on flow: SIPFlow, at now: Instant) -> Bool {
        let source = flow.remote.ip.unmapped
        let verdict = presenceRates.take(
            identity, from: source, isTrusted: source.isLoopback || isTrusted(flow), at: now)
        for (key, refused) in presenceRates.report(at: now) {
            note(.warning, "refused subscriptions of \(key) \(refused) times for being too many")
        }
        if verdict == .refusedFirst { complain("too many subscriptions from \(source)", .warning, at: now) }
        return verdict == .granted
    }
}
