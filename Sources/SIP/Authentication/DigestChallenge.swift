/// A demand for credentials: WWW-Authenticate and Proxy-Authenticate (RFC 7616 section 3.3, RFC 3261 section 22).
public struct DigestChallenge: Hashable, Sendable, CustomStringConvertible {
    public var realm: String
    public var nonce: String
    public var algorithm: DigestAlgorithm
    public var opaque: String?
    /// Whether the credentials were right, only the nonce is not any more.
    public var isStale = false
    /// Whether `qop=auth` is offered; without it the digest is that of RFC 2069.
    public var hasQuality = true

    public init(realm: String, nonce: String, algorithm: DigestAlgorithm, isStale: Bool = false) {
        self.realm = realm
        self.nonce = nonce
        self.algorithm = algorithm
        self.isStale = isStale
    }

    /// Nil for other schemes, and what cannot be answered.
    public init?(parsing header: String) {
        guard let parameters = DigestParameters(parsing: header), let realm = parameters["realm"],
            let nonce = parameters["nonce"], let algorithm = DigestAlgorithm(parameter: parameters["algorithm"])
        else { return nil }
        if let qualities = parameters["qop"] {
            guard SIPHeader.split(qualities, at: ",").contains(where: { $0.lowercased() == "auth" }) else { return nil }
        } else {
            hasQuality = false
        }
        self.realm = realm
        self.nonce = nonce
        self.algorithm = algorithm
        opaque = parameters["opaque"]
        isStale = parameters["stale"]?.lowercased() == "true"
    }

    /// Of those in a 401 or 407, the topmost that can be answered (RFC 8760 section 2.4).
    public init?(in response: SIPMessage) {
        let name = response.status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate"
        let found = response.headers.lazy.filter { $0.isNamed(name) }.compactMap { DigestChallenge(parsing: $0.value) }
        guard let first = found.first else { return nil }
        self = first
    }

    public var description: String {
        var text = "Digest realm=\(DigestParameters.quoted(realm)), nonce=\(DigestParameters.quoted(nonce))"
        if let opaque { text += ", opaque=\(DigestParameters.quoted(opaque))" }
        if isStale { text += ", stale=true" }
        text += ", algorithm=\(algorithm.rawValue)"
        if hasQuality { text += ", qop=\"auth\"" }
        return text
    }
}
