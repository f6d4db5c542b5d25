import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Records what signalling asks of the media side.
final class JingleMediaRecorder: MediaService {
    /// What the other leg of each is said to take; and what came in offers.
    var preference: [Codec] = []
    private(set) var offers: [LegID: [Codec]] = [:]

    func offered(_ leg: LegID, _ codecs: [Codec]) { offers[leg] = codecs }
    func preferred(_ leg: LegID) -> [Codec] { preference }

    enum Event: Equatable {
        case open(LegID, isControlling: Bool)
        case restart(LegID)
        case agree(LegID, AgreedMedia)
        case candidates(LegID, [UInt16])
        case close(LegID)
    }

    var events: [Event] = []
    var isExhausted = false

    func openPlain(_ leg: LegID, towards peer: IPAddress) throws(MediaUnavailable) -> LocalMedia {
        throw MediaUnavailable(reason: "not over Jingle")
    }

    func openICE(_ leg: LegID, isControlling: Bool) throws(MediaUnavailable) -> LocalMedia {
        if isExhausted { throw MediaUnavailable(reason: "no port left") }
        events.append(.open(leg, isControlling: isControlling))
        let host = CandidateDescription(
            foundation: "1", component: 1, priority: 2_130_706_431,
            address: SocketAddress(.v4(0xc000_0201), 20_000), kind: .host)
        return LocalMedia(
            transport: .ice(
                ICEParameters(ufrag: "ours", pwd: "ourpasswordourpassword"), candidates: [host],
                fingerprint: Fingerprint(hash: "sha-256", bytes: [UInt8](repeating: 7, count: 32))),
            ssrc: 1234, cname: "cname")
    }

    /// How often ICE was begun anew.
    var restarts = 0

    func restartICE(_ leg: LegID) throws(MediaUnavailable) -> LocalMedia {
        var local = try openICE(leg, isControlling: false)
        events[events.count - 1] = .restart(leg)
        restarts += 1
        if case .ice(_, let candidates, let fingerprint) = local.transport {
            local.transport = .ice(
                ICEParameters(ufrag: "anew\(restarts)", pwd: "ourpasswordourpassword"), candidates: candidates,
                fingerprint: fingerprint)
        }
        return local
    }

    func agree(_ leg: LegID, _ media: AgreedMedia) { events.append(.agree(leg, media)) }

    func addCandidates(_ leg: LegID, _ candidates: [CandidateDescription]) {
        events.append(.candidates(leg, candidates.map(\.address.port)))
    }

    func close(_ leg: LegID) { events.append(.close(leg)) }

    var agreed: [AgreedMedia] {
        events.compactMap { (event: Event) -> AgreedMedia? in
            if case .agree(_, let media) = event { media } else { nil }
        }
    }
    var ports: [UInt16] {
        events.flatMap { (event: Event) -> [UInt16] in
            if case .candidates(_, let ports) = event { ports } else { [] }
        }
    }
    var closed: Int { events.count { (event: Event) -> Bool in if case .close = event { true } else { false } } }
    var controlling: [Bool] {
        events.compactMap { (event: Event) -> Bool? in
            if case .open(_, let isControlling) = event { isControlling } else { nil }
        }
    }
}

/// A command, in words that can be compared.
extension Command {
    var jingleBrief: String {
        switch self {
        case .legOffered(_, let call): "offered \(call.caller) to \(call.callee)"
        case .legRinging: "ringing"
        case .legAnswered: "answered"
        case .legDirection(_, let direction): "direction \(direction.rawValue)"
        case .legEnded(_, let reason): "ended \(reason)"
        case .legKey(_, let key): "key \(key.character)"
        default: "?"
        }
    }

    var jingleLeg: LegID? {
        switch self {
        case .legOffered(let leg, _), .legRinging(let leg), .legAnswered(let leg), .legDirection(let leg, _),
            .legEnded(let leg, _):
            leg
        default: nil
        }
    }
}

/// Drives `JingleLegs` as a client's server would, on virtual time, and applies the checks that clients apply.
struct JingleHarness {
    static let room = "demo@talk.example.org"
    static let focus = "demo@talk.example.org/focus"
    static let number = "100@sip.example.org"
    static let romeo = "romeo@example.net/phone"

    let media = JingleMediaRecorder()
    var legs: JingleLegs
    var now = Instant.zero
    /// All that was sent since the last look.
    var sent: [XMLElement] = []
    private var ids = 0

    init() {
        let entropy = Entropy.seeded(1)
        legs = JingleLegs(
            configuration: JingleLegsConfiguration(talkDomain: "talk.example.org", gatewayDomain: "sip.example.org"),
            media: media, entropy: entropy)
    }

    // MARK: Driving

    @discardableResult
    mutating func receive(_ stanza: XMLElement) -> [Command] {
        guard legs.handles(stanza) else {
            Issue.record("not handled: \(stanza)")
            return []
        }
        let commands = legs.receive(stanza, now: now)
        collect()
        return commands
    }

    @discardableResult
    mutating func perform(_ effect: Effect) -> [Command] {
        let commands = legs.perform(effect, now: now)
        collect()
        return commands
    }

    @discardableResult
    mutating func wake() -> [Command] {
        let commands = legs.wake(now: now)
        collect()
        return commands
    }

    /// Presence of somebody to our room.
    mutating func notice(_ from: String, _ type: String? = nil, priority: String? = nil, to: String = room) {
        let presence = XMLElement("presence", Namespace.client, ["from": from, "to": to, "type": type]) {
            priority.map { XMLElement("priority", Namespace.client, text: $0) }
        }
        legs.noticed(presence, now: now)
        collect()
    }

    /// What a device that can be called answers to our disco#info.
    static func abilities(_ question: XMLElement, knowsProposals: Bool = false, isCallable: Bool = true) -> XMLElement {
        let calls = [Namespace.jingle, JingleNamespace.rtp, JingleNamespace.iceUDP, JingleNamespace.dtls]
        return question.result {
            DiscoInfo(
                identities: [],
                features: [Namespace.discoInfo] + (isCallable ? calls : [])
                    + (knowsProposals ? [Namespace.jingleMessage] : [])
            ).element()
        }
    }

    /// Lets time pass, waking whenever that is asked for.
    mutating func pass(_ duration: Duration) -> [Command] {
        let end = now + duration
        var commands: [Command] = []
        while let next = legs.nextWake, next <= end {
            now = max(now, next)
            commands += wake()
        }
        now = end
        return commands
    }

    private mutating func collect() {
        for stanza in legs.drain() {
            sent.append(stanza)
            check(stanza)
        }
    }

    /// What was sent, in words, and forgets it.
    mutating func take() -> [String] {
        defer { sent = [] }
        return sent.map { stanza in
            if let jmi = JMIMessage(stanza) { return jmi.name + (jmi.reason.map { " \($0.condition.rawValue)" } ?? "") }
            if let jingle = stanza.child("jingle", Namespace.jingle).flatMap({ try? JingleElement($0) }) {
                let info = jingle.payloads.first.map { " \($0.name)" } ?? ""
                let detail = jingle.action == .sessionInfo ? info : ""
                return jingle.action.rawValue + detail + (jingle.reason.map { " \($0.condition.rawValue)" } ?? "")
            }
            if let error = stanza.child("error", Namespace.client) {
                return "error " + error.elements.map(\.name).joined(separator: " ")
            }
            return stanza["type"] ?? "?"
        }
    }

    // MARK: What peers send

    func message(
        _ kind: JMIMessage.Kind, _ sid: String = "sid", from: String = romeo, to: String = focus,
        reason: JingleReason? = nil
    ) throws -> XMLElement {
        try JMIMessage(kind, id: sid, reason: reason).stanza(
            from: #require(JID(from)), to: #require(JID(to)))
    }

    mutating func iq(_ jingle: XMLElement, from: String = romeo, to: String = focus) -> XMLElement {
        ids += 1
        return XMLElement("iq", Namespace.client, ["type": "set", "id": "q\(ids)", "from": from, "to": to]) { jingle }
    }

    /// The answer to the last IQ of ours with that action.
    func response(to action: JingleAction, error: XMLElement? = nil, from: String? = nil) throws -> XMLElement {
        let iq = try #require(
            sent.last { $0.child("jingle", Namespace.jingle)?["action"] == action.rawValue })
        return XMLElement(
            "iq", Namespace.client,
            ["type": error == nil ? "result" : "error", "id": iq["id"], "from": from ?? iq["to"], "to": iq["from"]]
        ) { error }
    }

    static func jingle(_ action: JingleAction, _ sid: String = "sid", _ children: [XMLElement] = []) -> XMLElement {
        XMLElement("jingle", Namespace.jingle, ["action": action.rawValue, "sid": sid]) { children }
    }

    static func info(_ name: String, _ sid: String = "sid") -> XMLElement {
        jingle(.sessionInfo, sid, [XMLElement(name, JingleNamespace.rtpInfo)])
    }

    static func group(_ names: String...) -> XMLElement {
        XMLElement("group", JingleNamespace.grouping, ["semantics": "BUNDLE"]) {
            names.map { XMLElement("content", JingleNamespace.grouping, ["name": $0]) }
        }
    }

    static func content(
        _ name: String = "0", media: String = "audio", codec: String = "opus", setup: String = "actpass",
        candidates: [Int] = [], hasFingerprint: Bool = true, senders: String? = nil
    ) -> XMLElement {
        XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": name, "senders": senders]) {
            XMLElement("description", JingleNamespace.rtp, ["media": media]) {
                XMLElement(
                    "payload-type", JingleNamespace.rtp,
                    [
                        "id": media == "audio" ? "111" : "96", "name": codec,
                        "clockrate": media == "audio" ? "48000" : "90000", "channels": media == "audio" ? "2" : nil,
                    ])
                XMLElement("rtcp-mux", JingleNamespace.rtp)
            }
            XMLElement(
                "transport", JingleNamespace.iceUDP, ["ufrag": "them", "pwd": "theirpasswordtheirpassword"]
            ) {
                if hasFingerprint {
                    XMLElement(
                        "fingerprint", JingleNamespace.dtls, ["hash": "sha-256", "setup": setup],
                        text: (0..<32).map { _ in "AB" }.joined(separator: ":"))
                }
                candidates.map(candidate)
            }
        }
    }

    static func candidate(_ number: Int) -> XMLElement {
        XMLElement(
            "candidate", JingleNamespace.iceUDP,
            [
                "component": "1", "foundation": "1", "generation": "0", "id": "c\(number)", "ip": "192.0.2.9",
                "network": "0", "port": "\(number)", "priority": "2130706431", "protocol": "udp", "type": "host",
            ])
    }

    static func trickle(_ number: Int, _ sid: String = "sid") -> XMLElement {
        jingle(
            .transportInfo, sid,
            [
                XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": "0"]) {
                    XMLElement(
                        "transport", JingleNamespace.iceUDP, ["ufrag": "them", "pwd": "theirpasswordtheirpassword"]
                    ) { candidate(number) }
                }
            ])
    }

    /// A content under other credentials: an ICE restart.
    static func anew(_ ufrag: String, _ candidates: [Int] = []) -> XMLElement {
        XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": "0"]) {
            XMLElement("transport", JingleNamespace.iceUDP, ["ufrag": ufrag, "pwd": "anotherpasswordanother"]) {
                candidates.map(candidate)
            }
        }
    }

    // MARK: What clients check

    /// The rules on which clients drop a call or an IQ.
    private func check(_ stanza: XMLElement) {
        #expect(stanza["from"].flatMap { JID($0) } != nil && stanza["to"].flatMap { JID($0) } != nil, "\(stanza)")
        if stanza.name == "message" {
            #expect(stanza["type"] == "chat")
            #expect(stanza.child("store", Namespace.hints) != nil)
            #expect(stanza["from"].flatMap { JID($0) }?.isFull == true)
            return
        }
        if stanza["type"] == "set" { #expect(stanza.elements.count == 1) }
        guard let jingle = stanza.child("jingle", Namespace.jingle) else { return }
        if jingle["action"] == "session-terminate" {
            let conditions = jingle.child("reason")?.elements.filter { $0.name != "text" } ?? []
            #expect(conditions.count == 1 && conditions.allSatisfy { JingleReason.Condition(rawValue: $0.name) != nil })
        }
        guard jingle["action"] == "session-initiate" || jingle["action"] == "session-accept" else { return }
        let isOffer = jingle["action"] == "session-initiate"
        let contents = jingle.children(named: "content")
        #expect(!contents.isEmpty)
        let hasGroup = jingle.child("group", JingleNamespace.grouping) != nil
        for content in contents {
            #expect(content["creator"] == "initiator")
            #expect(content["name"].map { (1...16).contains($0.count) } == true)
            let description = content.child("description", JingleNamespace.rtp)
            let transport = content.child("transport", JingleNamespace.iceUDP)
            #expect(transport?["ufrag"] == "ours" && transport?["pwd"] == "ourpasswordourpassword")
            let fingerprint = transport?.child("fingerprint", JingleNamespace.dtls)
            let setups = isOffer ? ["actpass"] : ["active", "passive"]
            #expect(fingerprint?["hash"] == "sha-256" && setups.contains(fingerprint?["setup"] ?? ""))
            let payloads = description?.children(named: "payload-type") ?? []
            #expect(!payloads.isEmpty)
            for payload in payloads {
                #expect(payload["id"].flatMap { UInt8($0) } != nil && payload["name"]?.isEmpty == false)
                #expect(payload["clockrate"].flatMap { Int($0) } != nil)
                for parameter in payload.children(named: "parameter") {
                    #expect(parameter["value"].map { !$0.isEmpty && !$0.contains(" ") } == true)
                }
            }
            #expect(hasGroup || description?.child("rtcp-mux") != nil)
            for source in description?.children(named: "source", JingleNamespace.sources) ?? [] {
                for parameter in source.children(named: "parameter") {
                    #expect(parameter["name"]?.isEmpty == false && parameter["value"]?.isEmpty == false)
                }
            }
        }
        let names = Set(contents.compactMap { $0["name"] })
        for name in jingle.child("group", JingleNamespace.grouping)?.elements.compactMap({ $0["name"] }) ?? [] {
            #expect(names.contains(name))
        }
    }
}
