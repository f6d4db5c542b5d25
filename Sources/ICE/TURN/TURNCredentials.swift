public import Primitives

/// A user name and password at a TURN server (RFC 8489 section 9.2).
public struct TURNCredentials: Hashable, Sendable {
    public var username: String
    public var password: Redacted<String>

    public init(username: String, password: Redacted<String>) {
        self.username = username
        self.password = password
    }

    /// Credentials that end, of a secret that the server knows as well: the end in Unix seconds is the user name, and
    /// the name's HMAC-SHA1 the password (`use-auth-secret` of coturn).
    public static func timeLimited(
        _ secret: Redacted<String>, name: String, until end: Int64, hashing: Hashing
    ) -> TURNCredentials {
        let username = name.isEmpty ? "\(end)" : "\(end):\(name)"
        let mac = hashing.hmacSHA1(Array(secret.secret.utf8), Array(username.utf8))
        return TURNCredentials(username: username, password: Redacted(Base64.encode(mac)))
    }

    /// The key of MESSAGE-INTEGRITY (RFC 8489 section 9.2.2).
    func key(realm: String, hashing: Hashing) -> [UInt8] {
        hashing.md5(Array("\(username):\(realm):\(password.secret)".utf8))
    }
}
