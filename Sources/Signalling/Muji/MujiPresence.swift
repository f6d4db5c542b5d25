import Jingle
import MediaDescription
import XMPP

/// `<muji/>` in an occupant's presence (XEP-0272 section 3).
struct MujiPresence: Sendable, Hashable {
    private static let contents = 8
    private static let payloadTypes = 32

    var isPreparing: Bool
    /// The name of the first content that is audio, and its payload types; nil before there is one.
    var audio: String?
    var codecs: [Codec] = []

    /// Nil for an occupant that takes no part.
    init?(_ presence: XMLElement) {
        guard let muji = presence.child("muji", Namespace.muji) else { return nil }
        isPreparing = muji.child("preparing", Namespace.muji) != nil
        for content in muji.elements.prefix(MujiPresence.contents) where content.name == "content" {
            guard let description = content.elements.first(where: { $0.name == "description" }),
                description["media"] == "audio", let name = content["name"],
                (1...JingleLimits.name).contains(name.utf8.count)
            else { continue }
            audio = name
            codecs = description.children(named: "payload-type").prefix(MujiPresence.payloadTypes).compactMap(codec)
            return
        }
    }

    /// Whether it has said what it takes part with.
    var takesPart: Bool { !isPreparing }

    private func codec(_ element: XMLElement) -> Codec? {
        guard let id = element["id"].flatMap({ UInt8($0) }), id < 128 else { return nil }
        let known = Capabilities.standard.codecs.first { $0.payloadType == id && id < 96 }
        guard let name = element["name"] ?? known?.name else { return nil }
        return Codec(
            payloadType: id, name: name,
            clockRate: element["clockrate"].flatMap { Int($0) } ?? known?.clockRate ?? 8000,
            channels: element["channels"].flatMap { Int($0) } ?? 1)
    }

    /// Those of our codecs that all who have said something have too, under their numbers, so that a number means the same
    /// to all; what the first has where there is none of that kind, as each session settles its own; and all of ours
    /// where nobody has said anything. Empty where there is nothing that we know.
    static func common(_ others: [MujiPresence]) -> [Codec] {
        let ours = Capabilities.standard.codecs.filter { $0.name != "red" && $0.name != "CN" }
        let speaking = others.filter { !$0.codecs.isEmpty }
        guard let first = speaking.first else { return ours }
        let known = first.codecs.compactMap { codec -> Codec? in
            guard var own = ours.first(where: { isSame($0, codec) }) else { return nil }
            own.payloadType = codec.payloadType
            return own
        }
        let common = known.filter { own in
            speaking.allSatisfy { $0.codecs.contains { $0.payloadType == own.payloadType && isSame($0, own) } }
        }
        let chosen = common.contains(where: isSound) ? common : known
        return chosen.contains(where: isSound) ? chosen : []
    }

    private static func isSound(_ codec: Codec) -> Bool { codec.name != "telephone-event" }

    private static func isSame(_ a: Codec, _ b: Codec) -> Bool {
        a.name.lowercased() == b.name.lowercased() && a.clockRate == b.clockRate
            && max(a.channels, 1) == max(b.channels, 1)
    }

    static func element(content: String, _ codecs: [Codec]) -> XMLElement {
        XMLElement("muji", Namespace.muji) {
            XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": content]) {
                XMLElement("description", JingleNamespace.rtp, ["media": "audio"]) {
                    codecs.map { codec in
                        XMLElement(
                            "payload-type", JingleNamespace.rtp,
                            [
                                "id": String(codec.payloadType), "name": codec.name,
                                "clockrate": String(codec.clockRate),
                                "channels": codec.channels == 1 ? nil : String(codec.channels),
                            ])
                    }
                }
            }
        }
    }

    static var preparing: XMLElement {
        XMLElement("muji", Namespace.muji) { XMLElement("preparing", Namespace.muji) }
    }
}
