public import Conference
import ConferenceInfo
public import Primitives
public import SIP

/// The SIP side of the house: what phones do, as `Command`s; what the domain decides, as SIP.
///
/// A value: the owner feeds it messages, effects and time, hands the commands it gives back to `Conference.handle`, and
/// after each call does what `drain` says. Effects that concern no SIP leg, dialog or subscription are ignored.
public struct SIPAdapter {
    public let configuration: SIPAdapterConfiguration
    let media: any MediaService
    let entropy: Entropy
    var transactions: TransactionLayer
    var legs = AlarmTable<LegID, SIPLeg>()
    var dialogs = AlarmTable<DialogID, SIPDialogEntry>()
    /// INVITEs of the peer that have no final response yet.
    var offers: [ServerTransactionID: LegID] = [:]
    var purposes: [ClientTransactionID: Purpose] = [:]
    var submissions: [SubmissionID: PendingSubmission] = [:]
    /// Of the rooms that are watched.
    var publishers = AlarmTable<RoomName, ConferenceInfoPublisher<Watcher>>()
    var subscriptionCount = 0
    /// Who has how many of the calls that came, and of the subscriptions.
    var callers = SIPShares()
    var watchers = SIPShares()
    /// How many more calls are taken from each address.
    var rates: SIPCallRates
    /// REFERs whose outcome is not known yet, and whose refer it is that a request of the domain's belongs to.
    var refers = AlarmTable<ReferID, SIPRefer>()
    var requests: [RequestID: ReferID] = [:]
    var endedDialogs = EndedDialogs()
    /// Requests of ours outside of any dialog, and those that wait for one to the same address.
    var outside = OutsideRequests()
    /// Who is known to read what, of those who are not in a call.
    var readers = InstantReaders()
    /// Who watches the other side's people, and whom we watch for it.
    var presenceWatchers = PresenceWatchers()
    var presenceRates: PresenceRates
    var presenceWatches = PresenceWatches()
    /// Accounts of ours that are watched, and those whose phones have come or gone.
    var accountWatchers: [String: Set<PresenceLink>] = [:]
    var movedAccounts: Set<String> = []
    /// Who asks for passwords, where there are accounts.
    var digest: DigestGuard?
    var registrar = Registrar()
    /// Accounts of ours at registrars elsewhere.
    var lines = SIPLines()
    /// Our passwords for calls, and requests that may have to be sent again with them.
    var callCredentials = AlarmTable<CallKey, CallCredentials>()
    var unanswered: [ClientTransactionID: DialogRequest] = [:]
    /// Where the operator's own trunks, PBXs and registrars are.
    var hosts: OperatorHosts
    /// To be known again when they come back.
    var ownCalls = OwnCalls()
    var isClosing = false
    var output = SIPOutput()
    private var legIDs = LegIDs(.sip)
    private var complaints: (second: Int64, count: Int) = (0, 0)
    private var lastSubmission = LegIDs.Origin.sip.rawValue << 56

    /// What a request of ours is for.
    enum Purpose {
        case invite(LegID)
        /// One of several INVITEs of a call.
        case branch(LegID)
        case reinvite(LegID)
        case text(LegID)
        /// The text that was on its way when its call ended.
        case lastText(OutgoingTexts.Text)
        case key(LegID)
        case update(LegID)
        case notify(DialogID, String)
        case register(LineID)
        case referNotify(ReferID)
        /// The last NOTIFY to a subscriber at that address, who counts until it is answered.
        case lastNotify(IPAddress)
        /// A request outside of any dialog whose outcome somebody waits for.
        case outside(OutsideID)
        /// A SUBSCRIBE that refreshes or ends what we watch.
        case watch(PresenceLink, callID: String)
        /// Presence for a watcher.
        case presenceNotify(DialogID)
        /// Nothing depends on its outcome.
        case nothing
    }

    /// A MESSAGE that waits for the domain's word.
    struct PendingSubmission {
        var request: SIPMessage
        var transaction: ServerTransactionID
        var flow: SIPFlow
        var leg: LegID?
    }

    public init(configuration: SIPAdapterConfiguration, media: any MediaService, entropy: Entropy) {
        self.configuration = configuration
        self.media = media
        self.entropy = entropy
        digest = configuration.accounts.flatMap { accounts in
            configuration.hashing.map { DigestGuard(accounts, hashing: $0, entropy: entropy) }
        }
        rates = SIPCallRates(configuration)
        hosts = OperatorHosts(configuration)
        presenceRates = PresenceRates(configuration)
        transactions = TransactionLayer(
            timers: configuration.timers, sendsLargeByTCP: configuration.outgoing.contains(.tcp), entropy: entropy)
    }

    /// How many calls there are, those included that are being ended.
    public var legCount: Int { legs.count }

    /// The legs the domain knows, in the order they came.
    public var liveLegs: [LegID] { legs.values.values.filter(\.isLive).map(\.id).sorted() }

    /// Takes one datagram, or one message that `SIPStreamFramer` cut out of a stream.
    /// - Parameters:
    ///   - flow: with `local` set where it is known, as it becomes our Contact.
    ///   - conference: the domain as it stands, to read.
    public mutating func receive(
        _ bytes: [UInt8], on flow: SIPFlow, conference: Conference, at now: Instant, wall: WallTime
    ) -> [Command] {
        if bytes.allSatisfy({ $0 == 0x0d || $0 == 0x0a || $0 == 0 }) { return [] }
        if leavesOut(bytes, on: flow, at: now) { return [] }
        var flow = flow
        if flow.local == nil { flow.local = configuration.localAddress(flow.transport, flow.remote.ip) }
        do throws(SIPParseError) {
            let message = try SIPMessage(parsing: bytes)
            guard takes(message, on: flow, at: now) else { return [] }
            let events = transactions.receive(message, on: flow, at: now)
            return handle(events, conference, at: now, wall: wall)
        } catch {
            switch error {
            case .notSIP(let reason):
                complain("dropped \(bytes.count) bytes from \(flow.remote): \(reason)", at: now)
            case .malformed(let request):
                complain("answered \(request.status) to \(flow.remote): \(request.reason)", at: now)
                transactions.send(request.response(tag: entropy.token(10)), on: flow)
            }
            return []
        }
    }

    /// Carries out one effect, if it concerns SIP.
    public mutating func perform(
        _ effect: Effect, conference: Conference, at now: Instant, wall: WallTime
    ) -> [Command] {
        switch effect {
        case .ring(let leg): return ring(leg, at: now)
        case .accept(let leg): return accept(leg, at: now)
        case .dial(let leg, let call) where call.target.network == .sip: return dial(leg, call, at: now)
        case .end(let leg, let reason): return end(leg, reason, at: now)
        case .setDirection(let leg, let direction): return setDirection(leg, direction, at: now)
        case .sendKey(let leg, let key): return sendKey(leg, key, at: now)
        case .identify(let leg, let party): return identify(leg, party, at: now)
        case .setFocus(let leg, let room): return setFocus(leg, room, at: now)
        case .roomChanged(let room, _): return roomChanged(room, conference, at: now)
        case .roomEnded(let room): return roomEnded(room, at: now)
        case .deliver(let message, let room, let endpoint):
            return deliver(message, room, endpoint, conference, at: now)
        case .composing(let notice, let room, let endpoint):
            return deliver(notice, room, endpoint, conference, at: now)
        case .report(let notice, let room, let endpoint):
            return deliver(notice, room, endpoint, conference, at: now, wall: wall)
        case .submitted(let id, let outcome): return submitted(id, outcome, at: now)
        case .presence(let link, let event): return presence(link, event, at: now, wall: wall)
        case .pass(let delivery) where delivery.target.network == .sip: return pass(delivery, at: now, wall: wall)
        case .register(let line, let account):
            register(line, account, at: now)
            return []
        case .unregister(let line): return unregister(line, at: now)
        case .progress(let id, let progress): return progressed(id, progress, at: now)
        default: return []
        }
    }

    /// When `wake` is next due; may be early, never late.
    public var nextWake: Instant? {
        [
            transactions.nextWake, legs.nextWake, dialogs.nextWake, publishers.nextWake, registrar.nextWake,
            refers.nextWake, lines.nextWake, presenceWatchers.nextWake, presenceWatches.nextWake,
            callCredentials.nextWake, outside.nextWake, hosts.nextWake,
            movedAccounts.isEmpty ? nil : .zero,
        ].compactMap(\.self).min()
    }

    /// Fires what is due: retransmissions, timeouts, expired subscriptions.
    public mutating func wake(conference: Conference, at now: Instant, wall: WallTime) -> [Command] {
        let events = transactions.wake(at: now)
        var commands = handle(events, conference, at: now, wall: wall)
        for leg in legs.takeDue(by: now).sorted() {
            commands += wake(leg, at: now)
            legs.arm(leg)
        }
        expireSubscriptions(conference, at: now)
        expireRefers(at: now)
        registrar.wake(at: now)
        for key in callCredentials.takeDue(by: now) { callCredentials[key] = nil }
        commands += wakeLines(at: now)
        lookUpHosts(at: now)
        noteRegistrations()
        publishDue(conference, at: now)
        return commands + wakePresence(at: now, wall: wall)
    }

    /// The media side cannot carry on with a leg.
    public mutating func mediaFailed(_ leg: LegID, _ reason: EndReason, at now: Instant) -> [Command] {
        guard let found = legs[leg], found.isLive else { return [] }
        note(.info, "\(leg): media failed")
        return end(leg, reason, at: now) + [.legEnded(leg, reason)]
    }

    /// A connection of a flow was closed, by either side.
    public mutating func connectionClosed(
        _ connection: UInt64, conference: Conference, at now: Instant, wall: WallTime
    ) -> [Command] {
        registrar.connectionClosed(connection)
        lines.connectionClosed(connection, at: now)
        noteRegistrations()
        reroute(from: connection, at: now)
        return handle(transactions.connectionClosed(connection), conference, at: now, wall: wall)
    }

    /// Nothing can be sent to that address: an ICMP error, or a TCP connection that could not be opened.
    public mutating func unreachable(
        _ remote: SocketAddress, by transport: SIPTransport, conference: Conference, at now: Instant, wall: WallTime
    ) -> [Command] {
        handle(transactions.unreachable(remote, by: transport, at: now), conference, at: now, wall: wall)
    }

    /// What a search of the DNS has found, in order of preference.
    public mutating func resolved(_ lookup: SIPLookup, _ targets: [SIPTarget], at now: Instant) -> [Command] {
        switch lookup.owner {
        case .leg(let leg): return resolved(leg, targets, at: now)
        case .outside(let id): return resolved(id, targets, at: now)
        case .line(let line): return resolved(line, targets, at: now)
        case .host(let name):
            hosts.found(name, at: targets.map(\.address.ip), now: now)
            return []
        }
    }

    /// What is to be done now; empties it.
    public mutating func drain() -> SIPOutput {
        defer { output = SIPOutput() }
        output.packets = transactions.drain()
        return output
    }

    // MARK: Inside

    mutating func newLeg() -> LegID { legIDs.next() }

    mutating func newSubmission() -> SubmissionID {
        lastSubmission += 1
        return SubmissionID(lastSubmission)
    }

    mutating func newRequest() -> RequestID {
        lastSubmission += 1
        return RequestID(lastSubmission)
    }

    mutating func note(_ level: SIPNotice.Level, _ text: String) { output.notices.append(SIPNotice(level, text)) }

    /// Notes bad input, and calls that are refused: ten lines a second and how many more there were, however much of it comes.
    mutating func complain(_ text: String, _ level: SIPNotice.Level = .info, at now: Instant) {
        let second = now.nanoseconds / 1_000_000_000
        if second != complaints.second {
            if complaints.count > 10 { note(.info, "\(complaints.count - 10) more bad messages") }
            complaints = (second, 0)
        }
        complaints.count += 1
        if complaints.count <= 10 { note(level, text) }
    }

    private mutating func handle(
        _ events: [TransactionEvent], _ conference: Conference, at now: Instant, wall: WallTime
    ) -> [Command] {
        var commands: [Command] = []
        for event in events {
            switch event {
            case .request(let request, let id, let flow):
                commands += handle(request, id, flow, conference, at: now)
            case .cancelled(let id, _): commands += cancelled(id, at: now)
            case .acknowledged(let ack, let flow): commands += acknowledged(ack, flow, at: now)
            case .response(let response, let id, let flow): commands += handle(response, id, flow, at: now)
            case .failed(let id, let failure): commands += failed(id, failure, at: now)
            case .unacknowledged(let id): note(.debug, "no ACK to a refusal of \(id.method)")
            }
        }
        return commands
    }
}
