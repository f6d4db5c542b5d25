/// An element of a conference-info document, in no one's XML library: easily turned into a stanza's child or into text.
///
/// All elements are in the namespace of the document, so none carries a prefix.
public struct InfoElement: Sendable, Hashable {
    public struct Attribute: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var name: String
    public var attributes: [Attribute]
    /// Empty when there is text.
    public var children: [InfoElement]
    public var text: String

    public init(
        _ name: String, attributes: [Attribute] = [], text: String = "", children: [InfoElement] = []
    ) {
        self.name = name
        self.attributes = attributes
        self.text = text
        self.children = children
    }

    /// The value of an attribute.
    public subscript(attribute: String) -> String? { attributes.first { $0.name == attribute }?.value }

    /// The first child of that name.
    public func child(_ name: String) -> InfoElement? { children.first { $0.name == name } }

    /// The element as XML 1.0 text.
    /// - Parameter namespace: the default namespace to declare on this element; nil to inherit one.
    public func xml(namespace: String? = nil) -> String {
        var output = ""
        write(to: &output, namespace: namespace)
        return output
    }

    /// Up to and without the bracket that closes the tag.
    func startTag(namespace: String?) -> String {
        var output = "<\(name)"
        let declaration = namespace.map { [Attribute("xmlns", $0)] } ?? []
        for attribute in declaration + attributes {
            output += " \(attribute.name)=\"\(XMLText.escaped(attribute.value, inAttribute: true))\""
        }
        return output
    }

    private func write(to output: inout String, namespace: String?) {
        output += startTag(namespace: namespace)
        if children.isEmpty, text.isEmpty {
            output += "/>"
            return
        }
        output += ">\(XMLText.escaped(text, inAttribute: false))"
        for child in children { child.write(to: &output, namespace: nil) }
        output += "</\(name)>"
    }
}
