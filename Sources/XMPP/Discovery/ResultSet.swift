/// A part of a long list (XEP-0059): what is asked for.
public struct ResultSetRequest: Sendable, Hashable {
    public var maximum: Int?
    public var after: String?
    /// Empty for the last page.
    public var before: String?
    public var index: Int?

    public init() {}

    /// Nil where a number is none.
    public init?(_ element: XMLElement) {
        guard element.matches("set", Namespace.resultSet) else { return nil }
        func number(_ name: String) -> Int?? {
            guard let text = element.child(name)?.text else { return .some(nil) }
            guard let number = Int(text), number >= 0 else { return nil }
            return number
        }
        guard let maximum = number("max"), let index = number("index") else { return nil }
        self.maximum = maximum
        self.index = index
        after = element.child("after")?.text
        before = element.child("before")?.text
    }
}

/// A part of a long list (XEP-0059): which one it is.
public struct ResultSet: Sendable, Hashable {
    public var first: String?
    public var last: String?
    /// The place of the first in the whole list.
    public var index: Int?
    public var count: Int

    public init(first: String?, last: String?, index: Int?, count: Int) {
        self.first = first
        self.last = last
        self.index = index
        self.count = count
    }

    public var element: XMLElement {
        XMLElement("set", Namespace.resultSet) {
            first.map { XMLElement("first", Namespace.resultSet, ["index": index.map(String.init)], text: $0) }
            last.map { XMLElement("last", Namespace.resultSet, text: $0) }
            XMLElement("count", Namespace.resultSet, text: String(count))
        }
    }
}
