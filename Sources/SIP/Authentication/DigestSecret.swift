public import Primitives

/// What proves that somebody is who it says: a password, or its hashes with name and realm (RFC 7616 section 3.4.2).
public enum DigestSecret: Sendable, Hashable {
    case password(Redacted<String>)
    /// In lower-case hexadecimal, by algorithm; bound to the name of the account and its realm.
    case hashes(Redacted<[DigestAlgorithm: String]>)

    /// The algorithms by which it can be shown.
    public var algorithms: Set<DigestAlgorithm> {
        switch self {
        case .password: Set(DigestAlgorithm.allCases)
        case .hashes(let hashes): Set(hashes.secret.keys)
        }
    }

    /// `H(username:realm:password)`; nil where only another algorithm's is known.
    func hash(of user: String, realm: String, _ algorithm: DigestAlgorithm, _ hashing: Hashing) -> String? {
        switch self {
        case .password(let password):
            algorithm.secret(of: user, realm: realm, password: password.secret, hashing)
        case .hashes(let hashes): hashes.secret[algorithm]
        }
    }
}

/// A name and its secret, for who demands them of us.
public struct DigestUser: Sendable, Hashable {
    public var name: String
    public var password: Redacted<String>

    public init(name: String, password: Redacted<String>) {
        self.name = name
        self.password = password
    }
}
