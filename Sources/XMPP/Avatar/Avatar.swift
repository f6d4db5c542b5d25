import Primitives

/// A picture as XMPP knows it: by the SHA-1 of its bytes (XEP-0084, XEP-0153).
public struct Avatar: Sendable, Hashable {
    /// In hex.
    public let hash: String
    public let mediaType: String
    public let size: Int
    public let width: Int?
    public let height: Int?
    private let base64: String

    public init(_ bytes: [UInt8], mediaType: String, width: Int? = nil, height: Int? = nil, hashing: Hashing) {
        hash = Hex.encode(hashing.sha1(bytes))
        self.mediaType = mediaType
        size = bytes.count
        self.width = width
        self.height = height
        base64 = Base64.encode(bytes)
    }

    /// What presence says of it (XEP-0153 section 3.1).
    public var update: XMLElement {
        XMLElement("x", Namespace.vCardUpdate) { XMLElement("photo", Namespace.vCardUpdate, text: hash) }
    }

    /// Of a vCard (XEP-0054).
    public var photo: XMLElement {
        XMLElement("PHOTO", Namespace.vCard) {
            XMLElement("TYPE", Namespace.vCard, text: mediaType)
            XMLElement("BINVAL", Namespace.vCard, text: base64)
        }
    }

    /// The answer to a request for the items of one of the two nodes (XEP-0084 sections 4.2 and 4.3, XEP-0060 section
    /// 6.5); nil for another node, and for another picture.
    public func items(_ request: XMLElement) -> XMLElement? {
        guard request.matches("pubsub", Namespace.pubsub), let items = request.child("items", Namespace.pubsub),
            let node = items["node"]
        else { return nil }
        let wanted = items.children(named: "item").compactMap { $0["id"] }
        guard wanted.isEmpty || wanted.contains(hash) else { return nil }
        let payload: XMLElement
        switch node {
        case Namespace.avatarMetadata:
            payload = XMLElement("metadata", Namespace.avatarMetadata) {
                XMLElement(
                    "info", Namespace.avatarMetadata,
                    [
                        "bytes": String(size), "id": hash, "type": mediaType, "width": width.map(String.init),
                        "height": height.map(String.init),
                    ])
            }
        case Namespace.avatarData: payload = XMLElement("data", Namespace.avatarData, text: base64)
        default: return nil
        }
        return XMLElement("pubsub", Namespace.pubsub) {
            XMLElement("items", Namespace.pubsub, ["node": node]) {
                XMLElement("item", Namespace.pubsub, ["id": hash]) { payload }
            }
        }
    }
}
