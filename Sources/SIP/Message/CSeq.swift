/// The sequence number and method of a request (RFC 3261 section 20.16).
public struct CSeq: Hashable, Sendable, CustomStringConvertible {
    /// Less than 2³¹.
    public var number: UInt32
    public var method: SIPMethod

    public init(_ number: UInt32, _ method: SIPMethod) {
        self.number = number
        self.method = method
    }

    public var description: String { "\(number) \(method)" }
}
