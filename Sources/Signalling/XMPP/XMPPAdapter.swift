import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// The XMPP side: stanzas of the three component domains on one side, the domain's commands and effects on the other.
///
/// A value without I/O. Whoever owns the component streams hands in what comes from any of them and sends what
/// `drain()` gives, each stanza on the stream of its `from`'s domain. Calls are `JingleLegs`' work.
public struct XMPPAdapter {
    public let configuration: XMPPAdapterConfiguration
    let addresses: XMPPAddresses
    let discovery: XMPPDiscovery
    let entropy: Entropy
    var jingle: JingleLegs
    var contacts: PresenceContacts
    var muc: MUCService
    var muji = MujiCalls()
    var coin: CoinNotifier
    var gate: StanzaGate
    var talk: TalkStates
    var numbers: NumberPresence
    /// Component domains whose stream was lost and is not back.
    var down: Set<String> = []
    var texts = PendingTexts()
    var accountSessions = AccountSessions()
    var encryptionNotices = EncryptionNotices()
    /// Which rooms there are. What is in them the conference alone knows: a copy would have to be copied at each change.
    var rooms: Set<RoomName> = []
    var outbox: [XMLElement] = []
    var archiveRequests: [ArchiveRequest] = []
    /// How often each may still ask an archive.
    var archiveAllowances = TextAllowances()
    private var notices: [XMPPNotice] = []

    /// - Parameters:
    ///   - media: opens ports and agents for calls; shared with the SIP side.
    ///   - subscriptions: as stored, from earlier `drainSubscriptions()`.
    ///   - rooms: those that were restored.
    public init(
        configuration: XMPPAdapterConfiguration, media: any MediaService, entropy: Entropy, hashing: Hashing,
        subscriptions: [SubscriptionChange] = [], rooms: [RoomName] = []
    ) {
        self.configuration = configuration
        self.entropy = entropy
        addresses = XMPPAddresses(configuration: configuration)
        discovery = XMPPDiscovery(configuration, hashing: hashing)
        let own = StanzaGate.own(configuration.conference)
        gate = StanzaGate(configuration.limits, own: own)
        talk = TalkStates(interval: configuration.presenceInterval)
        contacts = PresenceContacts(
            subscriptions.filter { !configuration.limits.isBlocked($0.contact) },
            limit: configuration.maximumSubscriptions, quotas: ContactQuotas(configuration.limits, own: own))
        let (table, gateway) = (contacts, configuration.conference.gatewayDomain)
        numbers = NumberPresence(
            table.subscribed(in: gateway).flatMap { ours in table.subscribers(of: ours).map { (number: ours, user: $0) }
            })
        muc = MUCService(
            addresses: addresses, ids: OccupantIDs(secret: configuration.occupantSecret, hashing: hashing))
        coin = CoinNotifier(
            addresses: addresses, entropy: entropy, interval: configuration.updateInterval)
        var calls = JingleLegsConfiguration(
            talkDomain: configuration.conference.talkDomain, gatewayDomain: configuration.conference.gatewayDomain,
            talkResource: configuration.roomResource, gatewayResource: configuration.gatewayResource)
        calls.limits = configuration.limits
        // Longer than the domain lets it ring, which decides.
        calls.proposeTimeout = max(calls.proposeTimeout, configuration.conference.bridgeRingTime + .seconds(5))
        calls.ownDomains = own
        jingle = JingleLegs(configuration: calls, media: media, entropy: entropy)
        self.rooms = Set(rooms).union(configuration.conference.rooms)
    }

    /// Takes a stanza from any of the three streams. One whose addresses are no JIDs, which servers do not let pass,
    /// or whose `to` is in no domain of ours could only be answered from an address that is not ours, and is not.
    /// - Parameter conference: as it stands.
    public mutating func receive(
        _ stanza: XMLElement, conference: Conference, now: Instant, wall: WallTime
    ) -> [Command] {
        guard stanza.isMessage || stanza.isPresence || stanza.isIQ else {
            note(.warning, "ignored <\(stanza.name)/>, which is no stanza")
            return []
        }
        guard let from = stanza.from, let to = stanza.to, let target = addresses.target(of: to),
            stanza.id.map({ $0.utf8.count <= 1024 }) ?? true
        else {
            note(.warning, "ignored a \(stanza.name) from nobody, for nobody here, or with an id that is too long")
            return []
        }
        guard admits(stanza, from, now) else { return [] }
        if let commands = fromGroupCall(stanza, from, target, now) { return commands }
        if jingle.handles(stanza), !stanza.isIQRequest || stanza.payload != nil {
            if let commands = receiveGrouped(stanza, from, target, now) { return commands }
            let commands = jingle.receive(stanza, now: now)
            outbox += jingle.drain()
            for notice in jingle.drainNotices() { note(notice.level, notice.text) }
            return commands
        }
        switch stanza.name {
        case "presence":
            let answersProbe = jingle.awaitsExistence(of: from, for: to)
            jingle.noticed(stanza, now: now)
            outbox += jingle.drain()
            return receivePresence(stanza, from, to, target, conference, answersProbe: answersProbe, at: now)
        case "message":
            return callInvite(stanza, from, target, conference, now)
                ?? receiveMessage(stanza, from, target, conference, now, wall)
        default:
            if let commands = moderation(stanza, from, target) ?? governance(stanza, from, target, conference)
                ?? retraction(stanza, from, target, wall) ?? accounts(stanza, from, target, conference, now)
            {
                return commands
            }
            if archive(stanza, from, target, conference, now) { return [] }
            receiveIQ(stanza, from, target, conference, now, wall)
            return []
        }
    }

    /// Does what is due.
    public mutating func wake(conference: Conference, now: Instant, wall: WallTime) -> [Command] {
        publishTalk(conference, at: now)
        coin.wake(conference, now: now, into: &outbox)
        let commands = watchStored(conference, at: now) + wakeGroupCalls(now: now) + jingle.wake(now: now)
        outbox += jingle.drain()
        return commands
    }

    /// When `wake` is next needed.
    public var nextWake: Instant? {
        [talk.nextWake, coin.nextWake, jingle.nextWake, muji.nextWake, numbers.nextWake].compactMap { $0 }.min()
    }

    /// The media side gave a leg up; legs of the SIP side are ignored.
    public mutating func mediaFailed(_ leg: LegID, _ reason: EndReason, now: Instant) -> [Command] {
        let commands = jingle.mediaFailed(leg, reason, now: now)
        outbox += jingle.drain()
        return commands
    }

    /// Everybody is told that we go: presence of contacts and rooms. Calls are to be ended by the domain before.
    public mutating func shutdown() {
        leaveGroupCalls()
        muc.shutdown(into: &outbox)
        for domain in [configuration.conference.talkDomain, configuration.conference.gatewayDomain] {
            for ours in contacts.subscribed(in: domain) {
                for subscriber in contacts.subscribers(of: ours) {
                    outbox.append(.presence(from: full(ours), to: subscriber, type: "unavailable"))
                }
            }
        }
    }

    /// What is to be sent, in order, each on the stream of its `from`'s domain.
    public mutating func drain() -> [XMLElement] {
        defer { outbox.removeAll() }
        return gate.limits.blocksAnybody ? outbox.filter { $0.to.map { !gate.limits.isBlocked($0) } ?? true } : outbox
    }

    /// Presence subscriptions to be stored, in order; those with the state `none` to be removed.
    public mutating func drainSubscriptions() -> [SubscriptionChange] { contacts.drainChanges() }

    /// Lines for the log.
    public mutating func drainNotices() -> [XMPPNotice] {
        defer { notices.removeAll() }
        return notices
    }

    /// The Jingle session of a leg, once it has one.
    public func session(of leg: LegID) -> (peer: JID, local: JID, sid: String)? { jingle.session(of: leg) }

    mutating func note(_ level: XMPPNotice.Level, _ text: String) {
        if notices.count < 1000 { notices.append(XMPPNotice(level, text)) }
    }

    mutating func refuse(_ stanza: XMLElement, _ error: StanzaError) {
        if let reply = stanza.errorReply(error) { outbox.append(reply) }
    }

    /// Whether a room is there, or is made on first use.
    func exists(_ room: RoomName) -> Bool {
        configuration.conference.createsRooms || rooms.contains(room)
    }
}
