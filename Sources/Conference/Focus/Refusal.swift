/// Why something that was asked for is not done.
public struct Refusal: Error, Hashable, Sendable {
    public let reason: EndReason

    public init(_ reason: EndReason) { self.reason = reason }
}
