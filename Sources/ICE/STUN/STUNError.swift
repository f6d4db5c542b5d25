/// Why bytes are no STUN message.
public enum STUNError: Error, Hashable, Sendable {
    /// No header, or not the magic cookie.
    case notSTUN
    /// The message or an attribute ends elsewhere than its length says.
    case wrongLength
    /// An attribute of this type has a value that the type does not allow.
    case malformed(UInt16)
    case wrongFingerprint
}
