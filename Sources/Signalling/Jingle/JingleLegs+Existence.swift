import Conference
import Primitives
import XMPP

/// Whether there is somebody of that name who only is not there. RFC 6121 lets a server say `service-unavailable` for
/// both (sections 8.5.1 and 8.5.2.2). But of a user that there is, a probe tells that we are not subscribed, or more (section
/// 4.3.2), by servers that answer probes of strangers, in the order of asking; and servers that keep texts (XEP-0160,
/// XEP-0313) return none to users. Of a server that does neither, nothing can be known.
extension JingleLegs {
    /// What is found out of the users of servers.
    struct Existence {
        /// Legs to whose peers a probe was sent that was not answered yet.
        var unsure: Set<LegID> = []
        /// Legs to whose peers' servers no text is kept.
        var unkept: Set<LegID> = []
        /// Domains that answered a probe.
        var answering: Set<String> = []
        static let mostDomains = 1024

        mutating func forget(_ leg: LegID) {
            unsure.remove(leg)
            unkept.remove(leg)
        }
    }

    static let keeping: Set<String> = ["msgoffline", "urn:xmpp:mam:2"]

    /// A probe goes to whom a leg proposes to. -> what its server is asked before
    mutating func doubt(_ id: LegID, of peer: JID, as ours: JID, now: Instant) -> XMLElement? {
        existence.unsure.insert(id)
        guard !existence.answering.contains(peer.domain), let server = JID(peer.domain) else { return nil }
        let question = "\(JingleLegs.questionPrefix)\(entropy.token(16))"
        questions.sent(id: question, to: server, DeviceQuestion(leg: id, device: server), now: now)
        return .iq(from: ours, to: server, type: "get", id: question) { XMLElement("query", Namespace.discoInfo) }
    }

    /// A server says what it does.
    mutating func noticeServer(of id: LegID, _ info: DiscoInfo?) {
        guard let info, existence.unsure.contains(id) else { return }
        if JingleLegs.keeping.isDisjoint(with: info.features) { existence.unkept.insert(id) }
    }

    /// Whether it is asked whether there is somebody.
    func awaitsExistence(of peer: JID, for ours: JID) -> Bool {
        existence.unsure.contains {
            legs[$0].map { $0.local.bare == ours.bare && $0.peer.bare == peer.bare } ?? false
        }
    }

    /// Somebody's server says something of its presence.
    mutating func noticeExistence(_ presence: XMLElement) {
        guard !existence.unsure.isEmpty, presence.type != "error", let from = presence.from, let to = presence.to else {
            return
        }
        for id in existence.unsure {
            guard let leg = legs[id] else {
                existence.forget(id)
                continue
            }
            guard leg.local.bare == to.bare, leg.peer.bare == from.bare else { continue }
            existence.forget(id)
            guard existence.answering.count < Existence.mostDomains else { continue }
            existence.answering.insert(from.domain)
        }
    }

    /// What it means that a proposal came back.
    func absence(of leg: JingleLeg, _ condition: StanzaError.Condition?) -> EndReason {
        switch condition {
        case .itemNotFound, .gone, .jidMalformed, .remoteServerNotFound: return .notFound
        case .serviceUnavailable where existence.unsure.contains(leg.id):
            let isSilent = existence.unkept.contains(leg.id) && !existence.answering.contains(leg.peer.domain)
            return isSilent ? .unavailable : .notFound
        default: return .unavailable
        }
    }
}
