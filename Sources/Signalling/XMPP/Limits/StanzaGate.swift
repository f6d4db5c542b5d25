import Conference
import Primitives
import XMPP

/// Lets stanzas in: none of those who are blocked, and of the others as many as one may send (XEP-0205).
///
/// The users of our own domains answer for themselves; those of another domain answer for it together, as whoever runs it
/// can make as many as he likes.
struct StanzaGate: Sendable {
    enum Verdict: Sendable, Hashable {
        case open
        /// Not to be looked at; with the answer to a request, where it is time for one.
        case shut(StanzaError?)
    }

    let limits: XMPPLimits
    private let own: Set<String>
    private var addresses: Allowances
    private var domains: Allowances
    private var blocked = Allowances(rate: 1, limit: 1024)

    /// - Parameter own: domains whose users answer for themselves.
    init(_ limits: XMPPLimits, own: Set<String>) {
        self.limits = limits
        self.own = own
        addresses = Allowances(rate: limits.stanzasOfAddress, limit: 65_536)
        domains = Allowances(rate: limits.stanzasOfDomain, limit: 4096)
    }

    /// The domains that stand above those of our components, and those that are bridged.
    static func own(_ configuration: ConferenceConfiguration) -> Set<String> {
        let components = [configuration.talkDomain, configuration.roomsDomain, configuration.gatewayDomain]
        let parents = components.compactMap { domain in
            domain.firstIndex(of: ".").map { String(domain[domain.index(after: $0)...]) }
        }
        return configuration.bridgedDomains.union(components).union(parents)
    }

    func isOwn(_ domain: String) -> Bool { own.contains(domain) }

    mutating func judge(_ stanza: XMLElement, from: JID, at now: Instant) -> Verdict {
        if limits.isBlocked(from) {
            // The table's first grants are the answers to the first few requests.
            let isTold = blocked.take(from.domain, at: now) == .granted
            return .shut(isTold ? StanzaError(.policyViolation, "You are blocked here.", type: .cancel) : nil)
        }
        // Answers cost less to look up than to count, and those to our own questions come as fast as these.
        let isCounted = !isOwn(from.domain) && !stanza.isIQReply
        // Each who enters a room is shown to all who are in it, and they to him.
        let isEntry = stanza.isPresence && stanza.type == nil && stanza.child("x", Namespace.muc) != nil
        var verdict = isCounted ? domains.take(from.domain, cost: isEntry ? 10 : 1, at: now) : .granted
        if verdict == .granted { verdict = addresses.take(from.bare.description, at: now) }
        switch verdict {
        case .granted: return .open
        case .refusedFirst: return .shut(StanzaError(.resourceConstraint, "Too many stanzas; try again later."))
        case .refused: return .shut(nil)
        }
    }

    /// Lines for the log, every five seconds.
    mutating func report(at now: Instant) -> [String] {
        domains.report(at: now).map { "left out \($0.refused) stanzas of the domain \($0.key): too many" }
            + addresses.report(at: now).map { "left out \($0.refused) stanzas of \($0.key): too many" }
            + blocked.report(at: now).map { "left out \($0.refused) more stanzas of \($0.key), which is blocked" }
    }
}
