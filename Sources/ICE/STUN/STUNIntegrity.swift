/// MESSAGE-INTEGRITY as it came: the code, and the bytes it is over (RFC 8489 section 14.5).
public struct STUNIntegrity: Hashable, Sendable {
    /// The message up to the attribute, its length field as if it ended with the attribute.
    let covered: [UInt8]
    let mac: [UInt8]

    init(covering prefix: ArraySlice<UInt8>, mac: [UInt8]) {
        let length = prefix.count - 20 + 24
        covered =
            prefix.prefix(2) + [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
            + prefix.dropFirst(4)
        self.mac = mac
    }
}
