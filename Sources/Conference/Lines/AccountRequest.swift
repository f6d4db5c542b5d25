/// Somebody's wish about an account of his own: made by an adapter, echoed by the domain.
public struct AccountRequestID: Hashable, Sendable {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}

public enum AccountWish: Hashable, Sendable {
    /// To have this one, in the place of any other.
    case set(LineAccount, voicemail: String?)
    case remove
}

public enum AccountOutcome: Hashable, Sendable {
    case done
    case refused(AccountRefusal)
}

public enum AccountRefusal: Hashable, Sendable {
    /// Not for users of that domain.
    case notForYou
    /// There was none to remove.
    case none
    /// There are as many as may be.
    case tooMany
    /// It was changed too often of late.
    case tooOften
    /// That registrar may not be used.
    case registrar
    /// The gateway itself calls by it.
    case operators
    /// Something in it cannot be; for people.
    case malformed(String)
}
