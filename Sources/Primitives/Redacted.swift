/// A secret that prints as nothing: passwords, keys, component secrets.
public struct Redacted<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The secret itself; named so that reading it stands out.
    public let secret: Value

    public init(_ secret: Value) { self.secret = secret }

    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
}

extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}
