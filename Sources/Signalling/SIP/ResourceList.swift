import SIP
import XMPP

/// The addresses of a URI list (RFC 5366, RFC 5368; the format is RFC 4826's, as RFC 5364 restricts and extends it).
///
/// `copyControl` and `anonymize` say whom the others are told of. Nobody is ever told who was on the list, so all of
/// them hold.
enum ResourceList {
    static let mediaType = "application/resource-lists+xml"
    private static let namespace = "urn:ietf:params:xml:ns:resource-lists"
    /// More are no list that somebody wrote.
    private static let limit = 1000

    /// Each entry once, in order; nil for what is no list.
    static func targets(in body: [UInt8]) -> [ReferTarget]? {
        let limits = XMLStreamLimits(stanzaSize: 256 * 1024, refusedSize: 256 * 1024, depth: 16)
        var targets: [ReferTarget] = []
        var seen: Set<SIPURI> = []
        var isClosed = false
        for event in XMLStreamParser(of: .document, salt: 0, limits: limits, contentNamespace: "").parse(body) {
            switch event {
            case .streamOpened(let root):
                guard root.name == "resource-lists", root.namespace == namespace else { return nil }
            case .stanza(let list):
                for target in entries(of: list) where targets.count < limit {
                    if seen.insert(target.uri).inserted { targets.append(target) }
                }
            case .streamClosed: isClosed = true
            case .refused, .failed: return nil
            }
        }
        return isClosed ? targets : nil
    }

    private static func entries(of list: XMLElement) -> [ReferTarget] {
        guard list.matches("list", namespace) else { return [] }
        return list.elements.flatMap { element -> [ReferTarget] in
            if element.name == "list" { return entries(of: element) }
            guard element.matches("entry", namespace), let text = element["uri"], let uri = SIPURI(text) else {
                return []
            }
            let name = element.child("display-name", namespace)?.text
            return [ReferTarget(NameAddress(displayName: name, uri))]
        }
    }
}
