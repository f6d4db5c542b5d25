public import Primitives

/// The user name fragment and password of one side (RFC 8445 section 5.3).
public struct ICECredentials: Hashable, Sendable, CustomStringConvertible {
    public var ufrag: String
    public var pwd: String

    public init(ufrag: String, pwd: String) {
        self.ufrag = ufrag
        self.pwd = pwd
    }

    /// Fresh credentials: 40 bits of ufrag, 160 bits of password.
    public static func random(_ entropy: Entropy) -> ICECredentials {
        ICECredentials(ufrag: entropy.token(8), pwd: entropy.token(32))
    }

    /// The password is not shown.
    public var description: String { "\(ufrag):‹redacted›" }
}
