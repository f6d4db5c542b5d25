public import Primitives

/// Who a request is from, as far as its credentials go.
public enum DigestVerdict: Hashable, Sendable {
    /// It has none that could be looked at: to be challenged.
    case missing
    /// Its nonce is over, or its count was used before: to be challenged with `stale`.
    case stale
    /// The password is wrong, or there is no such account.
    case wrong
    /// Too many were wrong from there; this one was not looked at.
    case barred
    /// They are meant for another URI.
    case misdirected
    case account(String)
}

/// Asks for passwords and checks them (RFC 3261 section 22, RFC 7616, RFC 8760); bounded, whatever comes.
public struct DigestGuard: Sendable {
    private let accounts: SIPAccounts
    private let hashing: Hashing
    private let entropy: Entropy
    private var nonces: DigestNonces
    private var failures = DigestFailures()

    public init(_ accounts: SIPAccounts, hashing: Hashing, entropy: Entropy) {
        self.accounts = accounts
        self.hashing = hashing
        self.entropy = entropy
        nonces = DigestNonces(entropy: entropy)
    }

    /// The headers of a 401: one for each algorithm, the strongest first (RFC 8760 section 2.3).
    public func challenges(isStale: Bool, to source: IPAddress, at now: Instant) -> [SIPHeader] {
        let nonce = nonces.issue(to: source, entropy: entropy, hashing, at: now)
        return accounts.algorithms.map { algorithm in
            SIPHeader(
                "WWW-Authenticate",
                DigestChallenge(realm: accounts.domain, nonce: nonce, algorithm: algorithm, isStale: isStale)
                    .description)
        }
    }

    /// Looks at the credentials of a request; right ones are used up by it.
    public mutating func judge(_ request: SIPMessage, from source: IPAddress, at now: Instant) -> DigestVerdict {
        let given = request.headers.lazy.filter { $0.isNamed("Authorization") }
            .compactMap { DigestCredentials(parsing: $0.value) }.first { $0.realm.lowercased() == accounts.domain }
        guard let given, let method = request.method, let quality = given.quality,
            accounts.algorithms.contains(given.algorithm), quality.count.utf8.count == 8,
            let count = UInt32(quality.count, radix: 16)
        else { return .missing }
        guard !failures.isBarred(source, at: now) else { return .barred }
        guard nonces.isGood(given.nonce, from: source, hashing, at: now) else { return .stale }
        guard DigestGuard.isMeant(given.uri, for: request.requestURI) else { return .misdirected }
        // Some phones give the whole address as their name.
        let name =
            given.username.hasSuffix("@\(accounts.domain)")
            ? String(given.username.dropLast(accounts.domain.count + 1)) : given.username
        let secret =
            accounts.secrets[name]?.hash(of: given.username, realm: given.realm, given.algorithm, hashing)
            ?? given.algorithm.hash("nobody", hashing)
        let expected = given.expected(method: method, secret: secret, hashing)
        guard DigestGuard.isSame(given.response, expected), accounts.secrets[name] != nil else {
            failures.note(source, at: now)
            return .wrong
        }
        return nonces.take(count, of: given.nonce, at: now) ? .account(name) : .stale
    }

    /// The whole of both is compared, so that the time taken tells nothing.
    static func isSame(_ given: String, _ expected: String) -> Bool {
        let (given, expected) = (Array(given.utf8), Array(expected.utf8))
        guard given.count == expected.count, !expected.isEmpty else { return false }
        return zip(given, expected).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The same user and host; many clients leave out parameters, and some name the server alone.
    private static func isMeant(_ text: String, for uri: SIPURI?) -> Bool {
        guard let uri, let given = SIPURI(text), given.host.lowercased() == uri.host.lowercased() else { return false }
        return given.user == nil || given.user == uri.user
    }
}
