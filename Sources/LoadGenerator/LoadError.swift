/// Why a run could not be carried out.
public struct LoadError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
