import Conference
import Primitives
import XMPP

/// Names for who is in a room that stay the same and tell nothing (XEP-0421 section 4.1): a hash, under a secret of the
/// service's, of the room and the bare address.
struct OccupantIDs: Sendable {
    private struct Key: Hashable {
        let room: RoomName
        let address: PeerAddress
        let name: String
    }

    private static let limit = 20_000
    private let secret: [UInt8]
    private let hashing: Hashing
    private var known: [Key: String] = [:]

    init(secret: [UInt8], hashing: Hashing) {
        self.secret = secret
        self.hashing = hashing
    }

    /// - Parameter name: tells those apart whose address is nobody's.
    mutating func id(of address: PeerAddress, named name: String, in room: RoomName) -> String {
        let key = Key(room: room, address: address.bare, name: address.identifiesPerson ? "" : name)
        if let id = known[key] { return id }
        let text = "\(address.network.rawValue):\(key.address)\u{0}\(key.name)\u{0}\(room.text)"
        let id = Hex.encode(hashing.hmacSHA1(secret, Array(text.utf8)).prefix(32))
        if known.count >= OccupantIDs.limit { known.removeAll() }
        known[key] = id
        return id
    }

    mutating func element(of message: ChatMessage, in room: RoomName) -> XMLElement? {
        guard !message.senderName.isEmpty else { return nil }
        return OccupantIDs.element(id(of: message.sender, named: message.senderName, in: room))
    }

    static func element(_ id: String) -> XMLElement { XMLElement("occupant-id", Namespace.occupantID, ["id": id]) }
}

/// What messages carry as text, read once for all who get it.
struct Payloads: Sendable {
    private var last: (text: String, elements: [XMLElement]) = ("", [])

    mutating func elements(_ text: String) -> [XMLElement] {
        if text != last.text { last = (text, XMLElement.fragment(text)) }
        return last.elements
    }
}
