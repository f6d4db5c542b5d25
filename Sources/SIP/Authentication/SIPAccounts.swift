import Primitives

/// The people and phones that are at home here.
public struct SIPAccounts: Sendable {
    /// What stands behind the `@` of their addresses; the realm of their passwords too.
    public let domain: String
    /// By the name before the `@`.
    public let secrets: [String: DigestSecret]
    /// How they are shown to others, where that was said.
    public let displayNames: [String: String]
    /// The algorithms that are offered, the strongest first: of those that the operator allows, the ones by which every
    /// account can be proven.
    public let algorithms: [DigestAlgorithm]

    public init(
        domain: String, secrets: [String: DigestSecret], displayNames: [String: String] = [:],
        allowing allowed: [DigestAlgorithm] = DigestAlgorithm.allCases
    ) {
        algorithms = DigestAlgorithm.allCases.filter { algorithm in
            allowed.contains(algorithm) && secrets.values.allSatisfy { $0.algorithms.contains(algorithm) }
        }
        self.domain = domain.lowercased()
        self.secrets = secrets
        self.displayNames = displayNames
    }

    /// What an address says of somebody.
    public enum Claim: Hashable, Sendable {
        /// Nothing that concerns us.
        case none
        case account(String)
        /// One of our domain that there is not.
        case nobody
    }

    /// Whom of ours a URI means: by the domain, or by an account's name at the address of ours that it was sent to.
    public func claim(of uri: SIPURI, at local: SocketAddress?) -> Claim {
        guard uri.isSIP else { return .none }
        let account = uri.user.flatMap { secrets[$0] == nil ? nil : $0 }
        if [domain, domain + "."].contains(uri.host.lowercased()) { return account.map { .account($0) } ?? .nobody }
        guard let account, let local, IPAddress(uri.host)?.unmapped == local.ip.unmapped,
            uri.port == nil || uri.port == local.port
        else { return .none }
        return .account(account)
    }
}
