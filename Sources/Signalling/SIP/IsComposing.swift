import Primitives
import SIP
import XMPP

/// Whether somebody writes (RFC 3994 section 4).
struct IsComposing: Hashable {
    static let mediaType = "application/im-iscomposing+xml"
    static let namespace = "urn:ietf:params:xml:ns:im-iscomposing"

    var isActive: Bool
    /// After how many seconds without another word the writer has stopped; nil for 120 (section 3.3).
    var refresh: UInt32?

    init(isActive: Bool, refresh: UInt32? = nil) {
        self.isActive = isActive
        self.refresh = refresh
    }

    /// Nil for what is no such document; an unknown state means idle (section 3.1).
    init?(parsing body: [UInt8]) {
        guard let elements = SmallDocument.children(of: "isComposing", IsComposing.namespace, in: body),
            let state = elements.first(where: { $0.matches("state", IsComposing.namespace) })?.text
        else { return nil }
        isActive = state.filter { !$0.isWhitespace } == "active"
        refresh = elements.first { $0.matches("refresh", IsComposing.namespace) }.flatMap { UInt32($0.text) }
    }

    var xml: String {
        let document = XMLElement("isComposing", IsComposing.namespace) {
            XMLElement("state", IsComposing.namespace, text: isActive ? "active" : "idle")
            XMLElement("contenttype", IsComposing.namespace, text: "text/plain")
            if isActive { refresh.map { XMLElement("refresh", IsComposing.namespace, text: String($0)) } }
        }
        return SmallDocument.declaration + document.serialised()
    }
}
