import Primitives

/// An answer to a challenge: Authorization and Proxy-Authorization (RFC 7616 section 3.4).
public struct DigestCredentials: Hashable, Sendable, CustomStringConvertible {
    public var username: String
    public var realm: String
    public var nonce: String
    /// `digest-uri`, as written.
    public var uri: String
    public var response: String
    public var algorithm: DigestAlgorithm
    public var opaque: String?
    /// With `qop=auth`: the client's nonce, and how often it has used ours, eight hexadecimal digits.
    public var quality: Quality?

    public struct Quality: Hashable, Sendable {
        public var clientNonce: String
        public var count: String

        public init(clientNonce: String, count: String) {
            self.clientNonce = clientNonce
            self.count = count
        }
    }

    public init(
        username: String, answering challenge: DigestChallenge, uri: String, method: SIPMethod, secret: String,
        clientNonce: String, count: UInt32, hashing: Hashing
    ) {
        self.username = username
        realm = challenge.realm
        nonce = challenge.nonce
        self.uri = uri
        algorithm = challenge.algorithm
        opaque = challenge.opaque
        if challenge.hasQuality {
            let digits = String(count, radix: 16)
            quality = Quality(
                clientNonce: clientNonce, count: String(repeating: "0", count: max(0, 8 - digits.count)) + digits)
        }
        response = ""
        response = expected(method: method, secret: secret, hashing)
    }

    /// Nil for other schemes, algorithms and qualities, and when something is missing.
    public init?(parsing header: String) {
        guard let parameters = DigestParameters(parsing: header), let username = parameters["username"],
            let realm = parameters["realm"], let nonce = parameters["nonce"], let uri = parameters["uri"],
            let response = parameters["response"],
            let algorithm = DigestAlgorithm(parameter: parameters["algorithm"])
        else { return nil }
        if let given = parameters["qop"] {
            guard given.lowercased() == "auth", let clientNonce = parameters["cnonce"], let count = parameters["nc"]
            else { return nil }
            quality = Quality(clientNonce: clientNonce, count: count)
        }
        self.username = username
        self.realm = realm
        self.nonce = nonce
        self.uri = uri
        self.response = response.lowercased()
        self.algorithm = algorithm
        opaque = parameters["opaque"]
    }

    /// The response that whoever knows the secret gives (RFC 7616 section 3.4.1).
    func expected(method: SIPMethod, secret: String, _ hashing: Hashing) -> String {
        let what = algorithm.hash("\(method.rawValue):\(uri)", hashing)
        guard let quality else { return algorithm.hash("\(secret):\(nonce):\(what)", hashing) }
        return algorithm.hash("\(secret):\(nonce):\(quality.count):\(quality.clientNonce):auth:\(what)", hashing)
    }

    public var description: String {
        var text = "Digest username=\(DigestParameters.quoted(username)), realm=\(DigestParameters.quoted(realm))"
        text += ", nonce=\(DigestParameters.quoted(nonce)), uri=\(DigestParameters.quoted(uri))"
        text += ", response=\"\(response)\", algorithm=\(algorithm.rawValue)"
        if let opaque { text += ", opaque=\(DigestParameters.quoted(opaque))" }
        if let quality {
            text += ", qop=auth, nc=\(quality.count), cnonce=\(DigestParameters.quoted(quality.clientNonce))"
        }
        return text
    }
}
