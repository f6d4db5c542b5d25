/// Why the server cannot start, in words for the operator.
public struct StartupProblem: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }
}
