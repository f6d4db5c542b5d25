import Conference
import Primitives
import XMPP

/// The presence information data format (RFC 3863), with activities (RFC 4480) and `<show/>` as RFC 8048 has it.
enum PIDF {
    static let mediaType = "application/pidf+xml"
    static let namespace = "urn:ietf:params:xml:ns:pidf"
    private static let dataModel = "urn:ietf:params:xml:ns:pidf:data-model"
    private static let rpid = "urn:ietf:params:xml:ns:pidf:rpid"
    private static let limit = 32 * 1024
    private static let mostTuples = 32
    private static let mostText = 1024

    // MARK: Written

    /// - Parameters:
    ///   - entity: a `pres:` URI.
    ///   - contact: where who is meant is reached, a SIP URI.
    static func write(_ states: [PresenceState], entity: String, contact: String, at wall: WallTime) -> String {
        var states = Array(states.prefix(mostTuples))
        if states.isEmpty { states = [PresenceState(device: "", isOpen: false)] }
        let show = PresenceState.best(of: states).flatMap { $0.isOpen ? $0.show : nil }
        let document = XMLElement("presence", namespace, ["entity": entity]) {
            states.map { tuple($0, contact, wall) }
            show.flatMap(person)
        }
        return SmallDocument.declaration + document.serialised()
    }

    private static func tuple(_ state: PresenceState, _ contact: String, _ wall: WallTime) -> XMLElement {
        let priority = state.priority < 0 ? nil : thousandths(state.priority)
        return XMLElement("tuple", namespace, ["id": id(of: state.device)]) {
            XMLElement("status", namespace) {
                XMLElement("basic", namespace, text: state.isOpen ? "open" : "closed")
                state.isOpen ? state.show.map { XMLElement("show", Namespace.client, text: $0.rawValue) } : nil
            }
            XMLElement("contact", namespace, ["priority": priority], text: contact)
            state.status.map { XMLElement("note", namespace, text: $0) }
            XMLElement("timestamp", namespace, text: wall.iso8601)
        }
    }

    /// RFC 8048 section 5.1, note 6: 0 to 127 as 0 to 1.
    private static func thousandths(_ priority: Int) -> String {
        let part = priority * 1000 / 127
        if part >= 1000 { return "1" }
        let digits = String(part)
        return "0." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private static func person(_ show: PresenceState.Show) -> XMLElement? {
        let activity: String
        switch show {
        case .away: activity = "away"
        case .xa: activity = "permanent-absence"
        case .dnd: activity = "busy"
        case .chat: return nil
        }
        return XMLElement("person", dataModel, ["id": "person"]) {
            XMLElement("activities", rpid) { XMLElement(activity, rpid) }
        }
    }

    /// An `xs:ID` of any device: what may not stand in one is written as `_xx`.
    static func id(of device: String) -> String {
        var id = "ID-"
        for byte in device.utf8.prefix(256) {
            let letter = byte | 0x20
            if letter >= 0x61 && letter <= 0x7a || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x2e {
                id.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                id += "_" + Hex.encode([byte])
            }
        }
        return id
    }

    // MARK: Read

    /// Nil for what is no such document.
    static func parse(_ body: [UInt8]) -> [PresenceState]? {
        guard let elements = SmallDocument.children(of: "presence", namespace, in: body, limit: limit) else {
            return nil
        }
        let person = elements.first { $0.matches("person", dataModel) }
        let activity = person?.child("activities", rpid)?.elements.first.flatMap { show(of: $0.name) }
        let tuples = elements.filter { $0.matches("tuple", namespace) }
        guard tuples.count <= mostTuples else { return nil }
        let note = elements.first { $0.matches("note", namespace) } ?? person?.child("note", dataModel)
        return tuples.map { tuple in
            let status = tuple.child("status", namespace)
            let basic = status?.child("basic", namespace)?.text.filter { !$0.isWhitespace }
            let text = (tuple.child("note", namespace) ?? note)?.text.clipped(to: mostText) ?? ""
            let show = status?.child("show", Namespace.client).flatMap { PresenceState.Show(rawValue: $0.text) }
            return PresenceState(
                device: (tuple["id"] ?? "").clipped(to: 256), isOpen: basic != "closed", show: show ?? activity,
                status: text.isEmpty ? nil : text,
                priority: priority(tuple.child("contact", namespace)?["priority"]))
        }
    }

    private static func priority(_ text: String?) -> Int {
        guard let text, text.utf8.count <= 8, let value = Double(text), value >= 0, value <= 1 else { return 0 }
        return Int((value * 127).rounded())
    }

    /// What a telephone's activity is in XMPP (RFC 4480 section 3.2).
    private static func show(of activity: String) -> PresenceState.Show? {
        switch activity {
        case "busy", "on-the-phone", "meeting", "presentation", "performance", "worship": .dnd
        case "vacation", "holiday", "sleeping", "permanent-absence", "travel": .xa
        case "unknown", "other": nil
        default: .away
        }
    }
}
