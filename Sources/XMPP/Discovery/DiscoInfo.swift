/// What an entity is and can do (XEP-0030 section 3).
public struct DiscoInfo: Sendable, Hashable {
    public struct Identity: Sendable, Hashable {
        public var category: String
        public var type: String
        public var name: String?
        public var lang: String?

        public init(category: String, type: String, name: String? = nil, lang: String? = nil) {
            self.category = category
            self.type = type
            self.name = name
            self.lang = lang
        }
    }

    public var identities: [Identity]
    public var features: [String]
    /// Extended information (XEP-0128).
    public var forms: [DataForm]

    public init(identities: [Identity], features: [String], forms: [DataForm] = []) {
        self.identities = identities
        self.features = features
        self.forms = forms
    }

    /// From the `<query/>` of a result.
    public init?(_ element: XMLElement) {
        guard element.matches("query", Namespace.discoInfo) else { return nil }
        identities = element.children(named: "identity").compactMap { identity in
            guard let category = identity["category"], let type = identity["type"] else { return nil }
            return Identity(category: category, type: type, name: identity["name"], lang: identity.lang)
        }
        features = element.children(named: "feature").compactMap { $0["var"] }
        forms = element.children(named: "x", Namespace.dataForms).compactMap(DataForm.init)
    }

    /// The `<query/>` of a result, with the node that was asked for.
    public func element(node: String? = nil) -> XMLElement {
        XMLElement("query", Namespace.discoInfo, ["node": node]) {
            for identity in identities {
                XMLElement(
                    "identity", Namespace.discoInfo,
                    attributes: [
                        XMLAttribute("category", identity.category), XMLAttribute("type", identity.type),
                    ] + (identity.name.map { [XMLAttribute("name", $0)] } ?? [])
                        + (identity.lang.map { [XMLAttribute("lang", namespace: Namespace.xml, $0)] } ?? []),
                    children: [])
            }
            for feature in features { XMLElement("feature", Namespace.discoInfo, ["var": feature]) }
            for form in forms { form.element }
        }
    }
}

/// What belongs to an entity (XEP-0030 section 4).
public struct DiscoItem: Sendable, Hashable {
    public var jid: JID
    public var name: String?
    public var node: String?

    public init(_ jid: JID, name: String? = nil, node: String? = nil) {
        self.jid = jid
        self.name = name
        self.node = node
    }

    /// The items of a `<query/>`.
    public static func items(_ element: XMLElement) -> [DiscoItem] {
        element.children(named: "item", Namespace.discoItems).compactMap { item in
            item["jid"].flatMap { JID($0) }.map { DiscoItem($0, name: item["name"], node: item["node"]) }
        }
    }

    /// The `<query/>` of a result.
    public static func element(_ items: [DiscoItem], node: String? = nil) -> XMLElement {
        XMLElement("query", Namespace.discoItems, ["node": node]) {
            for item in items {
                XMLElement(
                    "item", Namespace.discoItems, ["jid": item.jid.description, "name": item.name, "node": item.node])
            }
        }
    }
}
