import Conference
import Jingle
import Primitives
import Testing
import XMPP

@testable import Signalling

/// A MUC on another service, in which a group call is, and a room of ours that is invited into it.
struct MujiBench {
    static let party = "party@muc.localhost"
    static let romeo = "romeo@localhost/balcony"
    static let juliet = "juliet@localhost/garden"
    static let opus = [("96", "opus", "48000"), ("0", "PCMU", "8000")]

    var b = XMPPBench()
    private var ids = 0

    init(_ bench: XMPPBench = XMPPBench()) { b = bench }

    mutating func invite(
        from: String = romeo, to: String = XMPPBench.talk, place: String = party, id: String? = "call1",
        legacy: Bool = false, type: String = "chat"
    ) -> [XMLElement] {
        let namespace = legacy ? Namespace.callMessage : Namespace.callInvites
        let invite = XMLElement(legacy ? "propose" : "invite", namespace, ["id": id, "video": "false"]) {
            XMLElement("muji", Namespace.muji, ["room": place])
        }
        return b.message(from, to, type, nil, id: "m7", children: [invite])
    }

    mutating func say(_ what: String, from: String = romeo, id: String = "call1") -> [XMLElement] {
        b.message(from, XMPPBench.talk, "chat", nil, children: [XMLElement(what, Namespace.callInvites, ["id": id])])
    }

    static func part(_ payloads: [(String, String, String)]?, name: String = "audio") -> XMLElement {
        XMLElement("muji", Namespace.muji) {
            if let payloads {
                XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": name]) {
                    XMLElement("description", JingleNamespace.rtp, ["media": "audio"]) {
                        payloads.map { id, name, rate in
                            XMLElement(
                                "payload-type", JingleNamespace.rtp,
                                ["id": id, "name": name, "clockrate": rate, "channels": name == "opus" ? "2" : nil])
                        }
                    }
                }
            } else {
                XMLElement("preparing", Namespace.muji)
            }
        }
    }

    /// Presence of an occupant to our room.
    mutating func occupant(
        _ nick: String, _ jid: String?, _ part: XMLElement?, type: String? = nil, statuses: [Int] = [],
        newNick: String? = nil, place: String = party
    ) -> [XMLElement] {
        let user = MUCUser(
            item: .init(role: .participant, jid: jid.flatMap { JID($0) }, nick: newNick),
            statuses: statuses.map(MUCStatus.init))
        return b.presence(
            "\(place)/\(nick)", XMPPBench.focus, type, children: [user.element] + (part.map { [$0] } ?? []))
    }

    /// Our own presence comes back: we are in.
    mutating func entered(_ nick: String = "demo") -> [XMLElement] {
        occupant(nick, XMPPBench.focus, MujiBench.part(nil), statuses: [100, 110])
    }

    /// Romeo is there, and our room too; what it said last.
    mutating func joined() -> [XMLElement] {
        _ = invite()
        _ = occupant("Romeo", MujiBench.romeo, MujiBench.part(MujiBench.opus))
        return entered()
    }

    /// One of the group calls our room.
    mutating func call(
        _ from: String, place: String = party, sid: String = "grp"
    ) -> [XMLElement] {
        ids += 1
        var jingle = JingleHarness.jingle(.sessionInitiate, sid, [JingleHarness.group("0"), JingleHarness.content()])
        jingle.children.append(.element(XMLElement("muji", Namespace.muji, ["room": place])))
        return b.receive(
            XMLElement("iq", Namespace.client, ["type": "set", "id": "g\(ids)", "from": from, "to": XMPPBench.focus]) {
                jingle
            })
    }

    var room: Room? { RoomName("demo").flatMap { b.conference.room($0) } }
    var groups: [GroupCallID?] { room?.participants.flatMap(\.endpoints).map(\.group) ?? [] }
}

extension [XMLElement] {
    /// What is said about invitations.
    var invitations: [String] {
        flatMap { stanza in
            (stanza.children(in: Namespace.callInvites) + stanza.children(in: Namespace.callMessage)).map {
                "\($0.name) \($0["id"] ?? "?") > \(stanza["to"] ?? "?")"
            }
        }
    }

    func jingle(_ action: JingleAction) -> XMLElement? {
        lazy.compactMap { $0.child("jingle", Namespace.jingle) }.first { $0["action"] == action.rawValue }
    }

    /// Our presence in the MUC.
    var muji: XMLElement? { last { $0.isPresence && $0["to"]?.hasPrefix(MujiBench.party) == true } }
}
