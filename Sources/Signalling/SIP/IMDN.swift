import Conference
import Primitives
import SIP
import XMPP

/// An instant message disposition notification (RFC 5438 section 7).
struct IMDN: Hashable {
    static let mediaType = "message/imdn+xml"
    static let namespace = "urn:ietf:params:xml:ns:imdn"

    var messageID: String
    var dateTime: String
    /// Nil for one that nobody is told of: `processed`, `stored`, or what is not known.
    var status: MessageStatus?

    init(messageID: String, dateTime: String, status: MessageStatus) {
        self.messageID = messageID
        self.dateTime = dateTime
        self.status = status
    }

    /// Nil for what is no notification.
    init?(parsing body: [UInt8]) {
        guard let elements = SmallDocument.children(of: "imdn", IMDN.namespace, in: body) else { return nil }
        func child(_ name: String) -> XMLElement? { elements.first { $0.matches(name, IMDN.namespace) } }
        guard let id = child("message-id").map({ $0.text.split(whereSeparator: \.isWhitespace).joined() }),
            (1...256).contains(id.utf8.count)
        else { return nil }
        let kinds = ["delivery-notification", "display-notification", "processing-notification"]
        guard kinds.contains(where: { child($0)?.child("status") != nil }) else { return nil }
        let delivery = child("delivery-notification")?.child("status")?.elements.first?.name
        let display = child("display-notification")?.child("status")?.elements.first?.name
        switch (delivery, display) {
        case ("delivered", _): status = .delivered
        case ("failed", _), ("forbidden", _), ("error", _): status = .failed
        case (_, "displayed"): status = .displayed
        default: status = nil
        }
        messageID = id
        dateTime = child("datetime")?.text ?? ""
    }

    var xml: String {
        let (kind, word) =
            switch status {
            case .delivered: ("delivery-notification", "delivered")
            case .failed: ("delivery-notification", "failed")
            case .displayed: ("display-notification", "displayed")
            case nil: ("processing-notification", "processed")
            }
        let document = XMLElement("imdn", IMDN.namespace) {
            XMLElement("message-id", IMDN.namespace, text: messageID)
            XMLElement("datetime", IMDN.namespace, text: dateTime)
            XMLElement(kind, IMDN.namespace) {
                XMLElement("status", IMDN.namespace) { XMLElement(word, IMDN.namespace) }
            }
        }
        return SmallDocument.declaration + document.serialised()
    }
}

/// The small XML documents that MESSAGE carries.
enum SmallDocument {
    static let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private static let limit = 8192

    /// What stands inside the root; nil when it is another root, or no whole document.
    static func children(
        of root: String, _ namespace: String, in body: [UInt8], limit: Int = limit
    ) -> [XMLElement]? {
        let limits = XMLStreamLimits(stanzaSize: limit, refusedSize: limit, depth: 8)
        guard body.count <= limit else { return nil }
        var children: [XMLElement] = []
        var isClosed = false
        for event in XMLStreamParser(of: .document, salt: 0, limits: limits, contentNamespace: "").parse(body) {
            switch event {
            case .streamOpened(let element):
                guard element.matches(root, namespace) else { return nil }
            case .stanza(let element): children.append(element)
            case .streamClosed: isClosed = true
            case .refused, .failed: return nil
            }
        }
        return isClosed ? children : nil
    }
}
