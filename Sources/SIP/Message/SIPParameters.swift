/// Parameters of a URI or of a header, in order; names compare without regard to case (RFC 3261 section 7.3.1).
public struct SIPParameters: Hashable, Sendable {
    public struct Parameter: Hashable, Sendable {
        public var name: String
        /// Nil for a parameter without `=`; a quoted string keeps its quotes.
        public var value: String?

        public init(_ name: String, _ value: String?) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var list: [Parameter]

    public init(_ list: [Parameter] = []) { self.list = list }

    public var isEmpty: Bool { list.isEmpty }

    /// Whether the parameter is there, with or without a value.
    public func contains(_ name: String) -> Bool { index(of: name) != nil }

    /// The value; nil when the parameter is missing or has none. Setting nil takes the parameter out.
    public subscript(name: String) -> String? {
        get { index(of: name).flatMap { list[$0].value } }
        set {
            guard let newValue else { return remove(name) }
            set(Parameter(name, newValue))
        }
    }

    /// Adds a parameter without a value.
    public mutating func flag(_ name: String) { set(Parameter(name, nil)) }

    public mutating func remove(_ name: String) {
        list.removeAll { $0.name.lowercased() == name.lowercased() }
    }

    private mutating func set(_ parameter: Parameter) {
        if let index = index(of: parameter.name) { list[index] = parameter } else { list.append(parameter) }
    }

    private func index(of name: String) -> Int? {
        let name = name.lowercased()
        return list.firstIndex { $0.name.lowercased() == name }
    }

    /// `;name=value;flag`, as headers write it.
    var headerText: String {
        list.map { parameter in ";" + parameter.name + (parameter.value.map { "=" + $0 } ?? "") }.joined()
    }
}
