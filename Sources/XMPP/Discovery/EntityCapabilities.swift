import Primitives

/// The `<c/>` of presence (XEP-0115): a name for what `DiscoInfo` says.
public struct EntityCapabilities: Sendable, Hashable {
    public var node: String
    /// `sha-1`; nil in the form before version 1.4.
    public var hash: String?
    public var ver: String

    /// The capabilities of an entity (section 5.1).
    public init(node: String, of info: DiscoInfo, hashing: Hashing) {
        self.node = node
        hash = "sha-1"
        ver = Base64.encode(hashing.sha1(Array(EntityCapabilities.verificationString(info).utf8)))
    }

    public init?(_ element: XMLElement) {
        guard element.matches("c", Namespace.caps), let node = element["node"], let ver = element["ver"] else {
            return nil
        }
        self.node = node
        self.ver = ver
        hash = element["hash"]
    }

    /// The node under which disco#info tells what the name stands for (section 6.2).
    public var discoNode: String { "\(node)#\(ver)" }

    public var element: XMLElement {
        XMLElement("c", Namespace.caps, ["hash": hash, "node": node, "ver": ver])
    }

    /// The string that is hashed (section 5.1), in the order of `i;octet`.
    static func verificationString(_ info: DiscoInfo) -> String {
        var text = ""
        for identity in info.identities.map({ "\($0.category)/\($0.type)/\($0.lang ?? "")/\($0.name ?? "")" }).sorted(
            by: precedes)
        {
            text += identity + "<"
        }
        for feature in info.features.sorted(by: precedes) { text += feature + "<" }
        for form in info.forms.sorted(by: { precedes($0.formType ?? "", $1.formType ?? "") }) {
            guard let type = form.formType else { continue }
            text += type + "<"
            for field in form.fields.sorted(by: { precedes($0.name, $1.name) }) where field.name != "FORM_TYPE" {
                text += field.name + "<"
                for value in field.values.sorted(by: precedes) { text += value + "<" }
            }
        }
        return text
    }

    private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
