public import Primitives

/// The hash of a digest (RFC 7616 section 3.3, RFC 8760), the strongest first.
public enum DigestAlgorithm: String, Sendable, Hashable, CaseIterable {
    case sha256 = "SHA-256"
    case md5 = "MD5"

    /// From an `algorithm` parameter; MD5 where there is none.
    init?(parameter: String?) {
        guard let parameter else {
            self = .md5
            return
        }
        guard let known = DigestAlgorithm.allCases.first(where: { $0.rawValue == parameter.uppercased() }) else {
            return nil
        }
        self = known
    }

    /// The hash of a text in lower-case hexadecimal.
    func hash(_ text: String, _ hashing: Hashing) -> String {
        let bytes = Array(text.utf8)
        return Hex.encode(self == .md5 ? hashing.md5(bytes) : hashing.sha256(bytes))
    }

    /// How many bytes a hash has.
    public var length: Int { self == .md5 ? 16 : 32 }

    /// What stands for a password: `H(username:realm:password)` (RFC 7616 section 3.4.2), in hexadecimal.
    public func secret(of user: String, realm: String, password: String, _ hashing: Hashing) -> String {
        hash("\(user):\(realm):\(password)", hashing)
    }
}
