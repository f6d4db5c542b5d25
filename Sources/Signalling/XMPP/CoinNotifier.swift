import Conference
import ConferenceInfo
import Primitives
import XMPP

/// Who is in the room, told to Jingle callers (XEP-0298): a full document, then what changes.
///
/// Who calls is asked by disco#info whether it knows COIN (section 6). Whether one who announces it answers what it is
/// told does not matter: some never do. One who announces nothing is told too until it answers with an error, as there are
/// clients that know COIN and do not say so.
struct CoinNotifier: Sendable {
    /// A call as the Jingle side knows it.
    typealias Session = (peer: JID, local: JID, sid: String)

    /// asking → willing; or asking → trying → unwilling for good.
    private enum State: Sendable {
        case asking
        case willing(ConferenceInfoPublisher)
        case trying(ConferenceInfoPublisher)
        case unwilling

        var publisher: ConferenceInfoPublisher? {
            switch self {
            case .willing(let publisher), .trying(let publisher): publisher
            case .asking, .unwilling: nil
            }
        }
    }

    private struct Peer: Sendable, Alarmed {
        let room: RoomName
        let session: Session
        var state = State.asking
        /// When the next document may go.
        var next: Instant
        /// Whether there is something to be told then.
        var isWaiting = false
        var nextWake: Instant? { isWaiting ? next : nil }
    }

    private let addresses: XMPPAddresses
    private let entropy: Entropy
    private var peers = AlarmTable<LegID, Peer>()
    private var legs: [RoomName: Set<LegID>] = [:]
    /// Of the rooms with such legs, as last told.
    private var snapshots: [RoomName: ConferenceInfoSnapshot] = [:]
    private var questions = IQRequests<LegID>()
    /// Least time between two documents to the same peer.
    private static let interval = Duration.seconds(1)

    init(addresses: XMPPAddresses, entropy: Entropy) {
        self.addresses = addresses
        self.entropy = entropy
    }

    /// May be early, never late.
    var nextWake: Instant? { [peers.nextWake, questions.nextWake].compactMap { $0 }.min() }

    /// A room changed: who called is asked, who was asked and is willing is told.
    mutating func changed(
        _ name: RoomName, _ room: Room?, _ changes: [RosterChange], sessions: (LegID) -> Session?, now: Instant,
        into outbox: inout [XMLElement]
    ) {
        for change in changes {
            switch change {
            case .endpointJoined(_, let id), .endpointChanged(_, let id):
                guard let endpoint = room?.endpoint(id)?.endpoint, let leg = endpoint.leg else { continue }
                if let session = CoinNotifier.isLive(endpoint) ? sessions(leg) : nil {
                    if peers[leg] == nil { ask(leg, name, session, now, &outbox) }
                } else {
                    forget(leg)
                }
            case .endpointLeft(_, let endpoint):
                if let leg = endpoint.leg { forget(leg) }
            case .renamed: break
            }
        }
        guard let room, let legs = legs[name] else { return }
        let snapshot = snapshot(of: room)
        for leg in legs.sorted() { tell(leg, snapshot, now, &outbox) }
    }

    private static func isLive(_ endpoint: Endpoint) -> Bool {
        endpoint.address.network == .xmpp && [.connected, .onHold, .mutedViaFocus].contains(endpoint.status)
    }

    private mutating func forget(_ leg: LegID) {
        guard let peer = peers.removeValue(forKey: leg) else { return }
        legs[peer.room]?.remove(leg)
        if legs[peer.room]?.isEmpty == true {
            legs[peer.room] = nil
            snapshots[peer.room] = nil
        }
        questions.cancel { $0 == leg }
    }

    /// Takes the answer to one of our questions, or to a document that was a try; false when the stanza is neither.
    mutating func receive(
        _ reply: XMLElement, _ conference: Conference, now: Instant, into outbox: inout [XMLElement]
    ) -> Bool {
        guard let leg = questions.answered(by: reply) else { return false }
        guard let peer = peers[leg] else { return true }
        guard reply.type == "result", let entity = addresses.contact(peer.room) else {
            peers[leg]?.state = .unwilling
            return true
        }
        guard case .asking = peer.state else { return true }
        let features = reply.child("query", Namespace.discoInfo).flatMap(DiscoInfo.init)?.features ?? []
        let isAnnounced = features.contains(Namespace.coin) || features.contains(Namespace.coin0)
        let publisher = ConferenceInfoPublisher(entity: "xmpp:\(entity)", scheme: .sip)
        peers[leg]?.state = isAnnounced ? .willing(publisher) : .trying(publisher)
        if let room = conference.room(peer.room) { tell(leg, snapshot(of: room), now, &outbox) }
        return true
    }

    mutating func wake(_ conference: Conference, now: Instant, into outbox: inout [XMLElement]) {
        for leg in questions.expire(now: now) {
            if case .asking? = peers[leg]?.state { peers[leg]?.state = .unwilling }
        }
        for leg in peers.takeDue(by: now).sorted() {
            peers[leg]?.isWaiting = false
            guard let room = (peers[leg]?.room).flatMap({ conference.room($0) }) else { continue }
            tell(leg, snapshots[room.name] ?? snapshot(of: room), now, &outbox)
        }
    }

    private mutating func ask(
        _ leg: LegID, _ room: RoomName, _ session: Session, _ now: Instant, _ outbox: inout [XMLElement]
    ) {
        peers[leg] = Peer(room: room, session: session, next: now)
        legs[room, default: []].insert(leg)
        let id = "coin-\(entropy.token(12))"
        questions.sent(id: id, to: session.peer, leg, now: now)
        outbox.append(
            .iq(from: session.local, to: session.peer, type: "get", id: id) {
                XMLElement("query", Namespace.discoInfo)
            })
    }

    /// The room as it stands, made once for all who are told.
    private mutating func snapshot(of room: Room) -> ConferenceInfoSnapshot {
        let snapshot = ConferenceInfoSnapshot(room, scheme: .sip, after: snapshots[room.name])
        snapshots[room.name] = snapshot
        return snapshot
    }

    private mutating func tell(
        _ leg: LegID, _ snapshot: ConferenceInfoSnapshot, _ now: Instant, _ outbox: inout [XMLElement]
    ) {
        guard var peer = peers[leg], var publisher = peer.state.publisher else { return }
        defer { peers[leg] = peer }
        guard peer.next <= now else {
            peer.isWaiting = true
            return
        }
        guard let document = publisher.update(snapshot) else { return }
        let id = "coin-\(entropy.token(12))"
        if case .trying = peer.state {
            peer.state = .trying(publisher)
            questions.sent(id: id, to: peer.session.peer, leg, now: now)
        } else {
            peer.state = .willing(publisher)
        }
        peer.next = now + CoinNotifier.interval
        peer.isWaiting = false
        let info = document.element(extraAttributes: [.init("sid", peer.session.sid)])
        outbox.append(
            .iq(from: peer.session.local, to: peer.session.peer, type: "set", id: id) { CoinNotifier.element(info) })
    }

    private static func element(_ info: InfoElement) -> XMLElement {
        var element = XMLElement(info.name, ConferenceInfoDocument.namespace, text: info.text)
        element.attributes = info.attributes.map { XMLAttribute($0.name, $0.value) }
        element.children += info.children.map { .element(CoinNotifier.element($0)) }
        return element
    }
}
