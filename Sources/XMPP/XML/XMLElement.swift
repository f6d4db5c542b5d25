/// An XML element with its namespace resolved: what stanzas are made of (RFC 6120 section 8, Namespaces in XML 1.0).
///
/// Stanzas and their own children (`body`, `show`, `error`, …) are in `Namespace.client` here, whichever content
/// namespace the stream has.
public struct XMLElement: Sendable, Hashable {
    /// The local name.
    public var name: String
    /// The namespace's URI; empty when there is none.
    public var namespace: String
    /// In document order, without namespace declarations.
    public var attributes: [XMLAttribute]
    public var children: [XMLNode]

    public init(_ name: String, _ namespace: String, attributes: [XMLAttribute], children: [XMLNode]) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.children = children
    }

    /// An element with attributes, of which those with a nil value are left out, and character data.
    public init(
        _ name: String, _ namespace: String, _ attributes: KeyValuePairs<String, String?> = [:], text: String? = nil
    ) {
        self.init(
            name, namespace, attributes: XMLAttribute.list(attributes),
            children: text.map { $0.isEmpty ? [] : [.text($0)] } ?? [])
    }

    /// An element with attributes, of which those with a nil value are left out, and children:
    /// elements, strings, optionals, conditions and loops of them.
    public init(
        _ name: String, _ namespace: String, _ attributes: KeyValuePairs<String, String?> = [:],
        @XMLBuilder children: () -> [XMLNode]
    ) {
        self.init(name, namespace, attributes: XMLAttribute.list(attributes), children: children())
    }
}

/// What stands inside an element.
public enum XMLNode: Sendable, Hashable {
    case element(XMLElement)
    case text(String)
}

/// An attribute; most have no namespace.
public struct XMLAttribute: Sendable, Hashable {
    public var name: String
    /// The namespace's URI; empty when there is none. `xml:lang` has `Namespace.xml`.
    public var namespace: String
    public var value: String

    public init(_ name: String, namespace: String = "", _ value: String) {
        self.name = name
        self.namespace = namespace
        self.value = value
    }

    static func list(_ pairs: KeyValuePairs<String, String?>) -> [XMLAttribute] {
        pairs.compactMap { name, value in value.map { XMLAttribute(name, $0) } }
    }
}

extension XMLElement {
    /// The value of the attribute without a namespace; setting nil takes it away.
    public subscript(_ name: String) -> String? {
        get { self[name, ""] }
        set { self[name, ""] = newValue }
    }

    /// The value of an attribute in a namespace.
    public subscript(_ name: String, _ namespace: String) -> String? {
        get { attributes.first { $0.name == name && $0.namespace == namespace }?.value }
        set {
            let index = attributes.firstIndex { $0.name == name && $0.namespace == namespace }
            switch (index, newValue) {
            case (let index?, let value?): attributes[index].value = value
            case (let index?, nil): attributes.remove(at: index)
            case (nil, let value?): attributes.append(XMLAttribute(name, namespace: namespace, value))
            case (nil, nil): break
            }
        }
    }

    /// `xml:lang`, of this element itself.
    public var lang: String? { self["lang", Namespace.xml] }

    /// The child elements, without character data.
    public var elements: [XMLElement] {
        children.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    /// The character data directly inside, joined.
    public var text: String {
        children.reduce(into: "") { text, node in
            if case .text(let more) = node { text += more }
        }
    }

    /// Whether the element has this name and namespace.
    public func matches(_ name: String, _ namespace: String) -> Bool {
        self.name == name && self.namespace == namespace
    }

    /// The first child element of that name and namespace.
    public func child(_ name: String, _ namespace: String) -> XMLElement? {
        for case .element(let element) in children where element.matches(name, namespace) { return element }
        return nil
    }

    /// The first child element of that name in the element's own namespace.
    public func child(_ name: String) -> XMLElement? { child(name, namespace) }

    /// All child elements of that name; in the element's own namespace unless another is given.
    public func children(named name: String, _ namespace: String? = nil) -> [XMLElement] {
        elements.filter { $0.matches(name, namespace ?? self.namespace) }
    }

    /// All child elements in a namespace.
    public func children(in namespace: String) -> [XMLElement] { elements.filter { $0.namespace == namespace } }

    public mutating func append(_ child: XMLElement) { children.append(.element(child)) }

    /// The same element with one more child.
    public func appending(_ child: XMLElement) -> XMLElement {
        var copy = self
        copy.append(child)
        return copy
    }
}
