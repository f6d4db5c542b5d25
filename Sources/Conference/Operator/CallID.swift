/// A call across the gateway, from its first word to its last, whoever is in it by then. Never given out twice.
public struct CallID: Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public init(_ text: String) { self.text = text }
    public var description: String { text }
}
