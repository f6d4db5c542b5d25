import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// A room of ours in one group call: an occupant of the MUC in which it is coordinated (XEP-0272).
///
/// entering → preparing (in, and waiting for those who prepare) → taking part → over. Whoever was there before is called
/// by us; who comes later calls. It is over from any state when we are put out, or nobody is there for a while.
struct MujiSession: Alarmed, Sendable {
    enum Stage: Sendable, Hashable { case entering, preparing, takingPart, over }

    enum Event: Sendable, Hashable {
        /// To be called.
        case found(JID, name: String)
        /// Takes part no longer.
        case left(JID)
        /// With words for the log.
        case ended(String)
    }

    struct Occupant: Sendable {
        /// The real address, where the MUC shows it.
        var jid: JID?
        var part: MujiPresence
    }

    /// How long entering, and those who prepare, are waited for.
    static let enteringTime = Duration.seconds(20)
    static let preparingTime = Duration.seconds(20)
    /// How long we are in a group call before somebody else is, and after the last has gone.
    static let firstTime = Duration.seconds(60)
    static let lastTime = Duration.seconds(10)
    private static let tries = 4

    let id: GroupCallID
    let room: RoomName
    let place: JID
    let own: JID
    let answers: CallInviteAnswers
    private let most: Int
    private let caps: XMLElement
    private(set) var stage = Stage.entering
    private var nick: String
    private var attempts = 1
    private let name: String
    /// Those who take part, by nick.
    private(set) var occupants: [String: Occupant] = [:]
    /// Nicks of those who were preparing when we came.
    private var awaited: Set<String> = []
    private(set) var content = "audio"
    private(set) var codecs: [Codec] = []
    private var hasMet = false
    private var deadline: Instant?
    /// Since when, or until when, nobody else is there.
    private var lonelyUntil: Instant?
    private var outbox: [XMLElement] = []

    /// - Parameter most: how many may be there beside us.
    init(
        _ id: GroupCallID, room: RoomName, place: JID, own: JID, answers: CallInviteAnswers, most: Int,
        caps: XMLElement,
        now: Instant
    ) {
        (self.id, self.room, self.place, self.own, self.answers) = (id, room, place, own, answers)
        (self.most, self.caps) = (most, caps)
        name = room.text
        nick = room.text
        deadline = now + MujiSession.enteringTime
        enter()
    }

    var nextWake: Instant? { stage == .over ? nil : [deadline, lonelyUntil].compactMap(\.self).min() }

    mutating func drain() -> [XMLElement] {
        defer { outbox = [] }
        return outbox
    }

    /// Who has that real address.
    func nick(of jid: JID) -> String? { occupants.first { $0.value.jid == jid }?.key }

    /// Of a session with one of the group.
    func jingle(with nick: String?) -> JingleGroup {
        JingleGroup(id: id, place: place, name: nick, content: content, codecs: codecs)
    }

    // MARK: Presence

    /// Presence of the MUC or of one in it.
    mutating func receive(_ presence: XMLElement, now: Instant) -> [Event] {
        guard stage != .over, let from = presence.from,
            let name = from.resource ?? (presence.type == "error" ? nick : nil)
        else { return [] }
        let user = presence.child("x", Namespace.mucUser).flatMap { MUCUser($0) }
        let isSelf = user?.statuses.contains(.selfPresence) ?? false || name == nick && user?.item?.jid == own
        switch presence.type {
        case "error": return refused(presence, now)
        case "unavailable":
            if isSelf || name == nick {
                guard user?.statuses.contains(.newNick) ?? false, let new = user?.item?.nick else {
                    return end("put out of the MUC")
                }
                nick = new
                return []
            }
            return gone(name, user, now)
        case nil: return isSelf ? entered(name, now) : came(name, user, presence, now)
        default: return []
        }
    }

    private mutating func refused(_ presence: XMLElement, _ now: Instant) -> [Event] {
        let condition = presence.stanzaError?.condition ?? .undefinedCondition
        guard stage == .entering, condition == .conflict, attempts < MujiSession.tries else {
            return end("the MUC answers \(condition.rawValue)")
        }
        attempts += 1
        nick = "\(name) \(attempts)"
        enter()
        return []
    }

    private mutating func entered(_ name: String, _ now: Instant) -> [Event] {
        guard stage == .entering else { return [] }
        nick = name
        occupants[name] = nil
        stage = .preparing
        deadline = now + MujiSession.preparingTime
        awaited = Set(occupants.filter(\.value.part.isPreparing).keys)
        lonelyUntil = occupants.isEmpty ? now + MujiSession.firstTime : nil
        return publishIfReady()
    }

    private mutating func came(_ name: String, _ user: MUCUser?, _ presence: XMLElement, _ now: Instant) -> [Event] {
        guard let part = MujiPresence(presence) else { return gone(name, nil, now) }
        let known = occupants[name]
        let jid = user?.item?.jid.flatMap { $0.isFull ? $0 : nil } ?? known?.jid
        occupants[name] = Occupant(jid: jid, part: part)
        // More than we, or some client, would bear.
        guard occupants.count <= most else { return end("more than \(most) are there") }
        hasMet = true
        lonelyUntil = nil
        if part.takesPart { awaited.remove(name) }
        return publishIfReady()
    }

    private mutating func gone(_ name: String, _ user: MUCUser?, _ now: Instant) -> [Event] {
        guard let occupant = occupants.removeValue(forKey: name) else { return [] }
        let isRenamed = user?.statuses.contains(.newNick) ?? false
        if isRenamed, let new = user?.item?.nick {
            occupants[new] = occupant
            if awaited.remove(name) != nil { awaited.insert(new) }
            return []
        }
        awaited.remove(name)
        if occupants.isEmpty { lonelyUntil = now + MujiSession.lastTime }
        return (occupant.jid.map { [.left($0)] } ?? []) + publishIfReady()
    }

    /// Preparing → taking part, when nobody is waited for: what we have is said, and all who are ready are called.
    private mutating func publishIfReady() -> [Event] {
        guard stage == .preparing, awaited.isEmpty else { return [] }
        let ready = occupants.filter(\.value.part.takesPart).sorted { $0.key < $1.key }
        codecs = MujiPresence.common(ready.map(\.value.part))
        // Those who cannot be called, or understood, are no group call for us.
        guard !codecs.isEmpty, ready.isEmpty || ready.contains(where: { $0.value.jid != nil }) else {
            return end("nobody there can be called")
        }
        content = ready.lazy.compactMap(\.value.part.audio).first ?? content
        stage = .takingPart
        deadline = nil
        outbox.append(presence { MujiPresence.element(content: content, codecs) })
        return ready.compactMap { nick, occupant in
            occupant.jid.flatMap { $0.domain == own.domain ? nil : .found($0, name: nick) }
        }
    }

    // MARK: Time

    mutating func wake(now: Instant) -> [Event] {
        if let lonelyUntil, lonelyUntil <= now { return end("nobody is there") }
        guard let deadline, deadline <= now else { return [] }
        switch stage {
        case .entering: return end("the MUC does not answer")
        case .preparing:
            awaited = []
            return publishIfReady()
        case .takingPart, .over:
            self.deadline = nil
            return []
        }
    }

    // MARK: Going

    /// The inviter has gone: nobody may be coming any more.
    mutating func inviterLeft(now: Instant) {
        if occupants.isEmpty { lonelyUntil = now }
    }

    /// Out of the MUC, before sessions end (section 4).
    mutating func leave() {
        guard stage != .over else { return }
        stage = .over
        outbox.append(.presence(from: own, to: place.with(resource: nick), type: "unavailable"))
    }

    private mutating func end(_ why: String) -> [Event] {
        leave()
        return [.ended(why)]
    }

    private mutating func enter() {
        outbox.append(
            presence {
                XMLElement("x", Namespace.muc) { XMLElement("history", Namespace.muc, ["maxstanzas": "0"]) }
                MujiPresence.preparing
            })
    }

    private func presence(@XMLBuilder _ children: () -> [XMLNode]) -> XMLElement {
        let children = children()
        return .presence(from: own, to: place.with(resource: nick)) {
            caps
            children
        }
    }
}
