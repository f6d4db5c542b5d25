import Conference
import ConferenceInfo
import Primitives
import XMPP

/// Who is in the room, told to Jingle callers (XEP-0298): a full document, then what changes.
///
/// Who calls is asked by disco#info whether it knows COIN (section 6). Whether one who announces it answers what it is
/// told does not matter: some never do. One who announces nothing is told too, as there are clients that know COIN and do not
/// say so, unless it answers the first document with an error; what bounces later, as while the XMPP server restarts, says
/// nothing. Nobody is asked or told before its media came, or ten seconds passed: Dino 0.4
/// crashes on a document that comes before its media is connected.
struct CoinNotifier: Sendable {
    /// A call as the Jingle side knows it.
    typealias Session = (peer: JID, local: JID, sid: String)

    /// waiting → asking → willing; or asking → trying → willing, or unwilling for good.
    private enum State: Sendable { case waiting, asking, willing, trying, unwilling }

    /// How long the media of who called is waited for.
    private static let patience = Duration.seconds(10)

    private struct Peer: Sendable {
        let room: RoomName
        let session: Session
        var state = State.waiting
    }

    private let addresses: XMPPAddresses
    private let entropy: Entropy
    private let interval: Duration
    private var peers: [LegID: Peer] = [:]
    /// Of the rooms with peers who are told.
    private var publishers = AlarmTable<RoomName, ConferenceInfoPublisher<LegID>>()
    private var questions = IQRequests<LegID>()
    /// Until when calls wait for their media; void where it came.
    private var waiting = TimerHeap<LegID>()

    /// - Parameter interval: least time between two documents to the same peer.
    init(addresses: XMPPAddresses, entropy: Entropy, interval: Duration) {
        self.addresses = addresses
        self.entropy = entropy
        self.interval = interval
    }

    /// May be early, never late.
    var nextWake: Instant? { [publishers.nextWake, questions.nextWake, waiting.next].compactMap { $0 }.min() }

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
                    if peers[leg] == nil {
                        peers[leg] = Peer(room: name, session: session)
                        waiting.push(now + CoinNotifier.patience, leg)
                    }
                    if endpoint.source != nil { ask(leg, now, &outbox) }
                } else {
                    forget(leg)
                }
            case .endpointLeft(_, let endpoint):
                if let leg = endpoint.leg { forget(leg) }
            case .renamed: break
            }
        }
        guard let room, publishers[name] != nil else { return }
        publishers[name]?.changed(at: now)
        publish(room, now, &outbox)
    }

    private static func isLive(_ endpoint: Endpoint) -> Bool {
        endpoint.address.network == .xmpp && [.connected, .onHold, .mutedViaFocus].contains(endpoint.status)
    }

    private mutating func forget(_ leg: LegID) {
        guard let peer = peers.removeValue(forKey: leg) else { return }
        ignore(leg, of: peer.room)
        questions.cancel { $0 == leg }
    }

    private mutating func ignore(_ leg: LegID, of room: RoomName) {
        publishers[room]?.remove(leg)
        if publishers[room]?.isEmpty == true { publishers[room] = nil }
    }

    /// Takes the answer to one of our questions, or to a document that was a try; false when the stanza is neither.
    mutating func receive(
        _ reply: XMLElement, _ conference: Conference, now: Instant, into outbox: inout [XMLElement]
    ) -> Bool {
        guard let leg = questions.answered(by: reply) else { return false }
        guard let peer = peers[leg], peer.state != .willing else { return true }
        guard reply.type == "result", let entity = addresses.contact(peer.room) else {
            peers[leg]?.state = .unwilling
            ignore(leg, of: peer.room)
            return true
        }
        guard case .asking = peer.state else {
            peers[leg]?.state = .willing
            return true
        }
        let features = reply.child("query", Namespace.discoInfo).flatMap(DiscoInfo.init)?.features ?? []
        let isAnnounced = features.contains(Namespace.coin) || features.contains(Namespace.coin0)
        peers[leg]?.state = isAnnounced ? .willing : .trying
        guard let room = conference.room(peer.room) else { return true }
        if publishers[room.name] == nil {
            publishers[room.name] = ConferenceInfoPublisher(
                context: .init(of: room.name, conference.configuration, scheme: .sip), interval: interval)
        }
        publishers[room.name]?.add(leg, entity: "xmpp:\(entity)")
        if let notice = publishers[room.name]?.full(for: leg, room, at: now) { tell(leg, notice, now, &outbox) }
        return true
    }

    mutating func wake(_ conference: Conference, now: Instant, into outbox: inout [XMLElement]) {
        while let leg = waiting.pop(dueBy: now) { ask(leg, now, &outbox) }
        for leg in questions.expire(now: now) {
            switch peers[leg]?.state {
            case .asking: peers[leg]?.state = .unwilling
            case .trying: peers[leg]?.state = .willing
            case .waiting, .willing, .unwilling, nil: break
            }
        }
        for name in publishers.takeDue(by: now) {
            if let room = conference.room(name) { publish(room, now, &outbox) }
            publishers.arm(name)
        }
    }

    private mutating func publish(_ room: Room, _ now: Instant, _ outbox: inout [XMLElement]) {
        let due = publishers[room.name]?.due(room, at: now) ?? []
        for (leg, notice) in due.sorted(by: { $0.watcher < $1.watcher }) { tell(leg, notice, now, &outbox) }
    }

    /// Waiting → asking.
    private mutating func ask(_ leg: LegID, _ now: Instant, _ outbox: inout [XMLElement]) {
        guard let peer = peers[leg], peer.state == .waiting else { return }
        peers[leg]?.state = .asking
        let session = peer.session
        let id = "coin-\(entropy.token(12))"
        questions.sent(id: id, to: session.peer, leg, now: now)
        outbox.append(
            .iq(from: session.local, to: session.peer, type: "get", id: id) {
                XMLElement("query", Namespace.discoInfo)
            })
    }

    private mutating func tell(
        _ leg: LegID, _ notice: ConferenceInfoNotice, _ now: Instant, _ outbox: inout [XMLElement]
    ) {
        guard let peer = peers[leg] else { return }
        let id = "coin-\(entropy.token(12))"
        if peer.state == .trying { questions.sent(id: id, to: peer.session.peer, leg, now: now) }
        let info = notice.document.element(extraAttributes: [.init("sid", peer.session.sid)])
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
