public import Primitives

/// The domain: who is in which room, who hears whom, who reads what, who may do what.
///
/// A reducer: it takes a command and the time, and gives back what is to be done, in order. It holds no socket, reads
/// no clock and knows neither SIP nor XMPP.
public struct Conference: Sendable {
    public let configuration: ConferenceConfiguration
    /// What a dialled address means, and how a caller is shown across the gateway.
    public let dialPlan: DialPlan
    let entropy: Entropy
    var states: [RoomName: RoomState] = [:]
    var legs: [LegID: LegState] = [:]
    /// By the caller's leg.
    var bridgesByCaller: [LegID: Bridge] = [:]
    /// Calls from rooms that are not answered yet, by their leg.
    var dialOuts: [LegID: DialOut] = [:]
    /// Endpoints that are shown as disconnected for a while.
    var departures: [EndpointID: Departure] = [:]
    /// Until when rooms that were made for somebody wait for the first to come.
    var reservations: [RoomName: Instant] = [:]
    var legIDs = LegIDs(.conference)
    /// Messages whose senders want to hear what becomes of them.
    var awaited = AwaitedReports()
    /// Who is writing.
    var composingStates: [ComposingState.Key: ComposingState] = [:]
    /// Texts across the gateway.
    var correspondence = Correspondence()
    /// How much more each may write now.
    var allowances = TextAllowances()
    /// Who made the rooms that were made on first use.
    var makers = RoomMakers()
    /// Wrong PINs, over all calls.
    var pinFailures = PINFailures()
    /// Keys pressed in rooms, and at doors by who waits, that mean nothing yet.
    var keyBuffers: [LegID: KeyBuffer] = [:]
    var keyDigits: [LegID: String] = [:]
    /// Group calls of clients that rooms take part in.
    var groups: [GroupCallID: GroupCall] = [:]
    /// When something is to happen to a leg that nobody asked for.
    var deadlines: [LegID: Instant] = [:]
    /// Calls by trunks, and how those do.
    var trunks = TrunkUse()
    /// Who may call which numbers now.
    var toll: TollGate
    /// Accounts of ours at registrars elsewhere.
    var lines = Lines()
    /// Legs that transferred their calls, and are to hang up by themselves.
    var parted: Set<LegID> = []
    /// Bridged calls that have become rooms, by the room.
    var grown: [RoomName: GrownCall] = [:]
    private var numbers: UInt64 = 0
    private var isOpen = false

    public init(configuration: ConferenceConfiguration, entropy: Entropy) {
        self.configuration = configuration
        self.entropy = entropy
        dialPlan = DialPlan(configuration)
        toll = TollGate(configuration.calling)
        for name in configuration.rooms where states[name] == nil {
            states[name] = RoomState(
                room: Room(name: name, mix: newMix(), created: WallTime(milliseconds: 0)),
                policy: configuration.policy(of: name), isPermanent: true)
        }
    }

    /// Puts back what was stored, before the first command.
    public mutating func restore(
        _ room: RoomName, created: WallTime, subject: Subject?, history: [ChatMessage],
        settings: RoomSettings = RoomSettings(), affiliates: [Affiliate] = []
    ) {
        let mix = states[room]?.room.mix ?? newMix()
        let recent = Array(history.suffix(max(0, configuration.historyLength)))
        states[room] = RoomState(
            room: Room(name: room, mix: mix, created: created, subject: subject, history: recent),
            policy: configuration.policy(of: room).under(settings),
            isPermanent: configuration.rooms.contains(room) || settings.isPersistent, isStored: true)
        states[room]?.settings = settings
        states[room]?.affiliations = Affiliations(affiliates)
    }

    /// Begins the configured rooms that were never stored. To be called after the last `restore`; the first command
    /// does it otherwise.
    public mutating func open(at wall: WallTime) -> [Effect] {
        guard !isOpen else { return [] }
        isOpen = true
        var effects: [Effect] = []
        for name in states.keys.sorted() {
            guard var state = states[name], !state.isStored else { continue }
            state.isStored = true
            state.room.created = wall
            states[name] = state
            effects.append(.store(.roomCreated(name, at: wall)))
        }
        return effects + registrations()
    }

    /// Decides what follows from a command.
    /// - Parameters:
    ///   - now: the monotonic clock, for deadlines.
    ///   - wall: civil time, for what is shown and kept.
    public mutating func handle(_ command: Command, at now: Instant, wall: WallTime) -> [Effect] {
        toll.advance(to: now, wall)
        var effects = decide(command, at: now, wall: wall)
        effects += settleGrown()
        if !groups.isEmpty { effects += watchGroups(now) }
        return effects + count(command, effects)
    }

    private mutating func decide(_ command: Command, at now: Instant, wall: WallTime) -> [Effect] {
        let opening = open(at: wall)
        return switch command {
        case .legOffered(let leg, let call): opening + timed(offered(leg, call, now, wall), leg, now)
        case .legRinging(let leg): opening + ringing(leg)
        case .legEarly(let leg): opening + early(leg)
        case .legAnswered(let leg): opening + answered(leg, now, wall)
        case .legDirection(let leg, let direction): opening + directionChanged(leg, direction)
        case .legSource(let leg, let source): opening + sourceKnown(leg, source)
        case .legEnded(let leg, let reason): opening + ended(leg, reason, now, wall)
        case .legUnplaced(let leg, let reason, let fault): opening + unplaced(leg, reason, fault, now, wall)
        case .legTakesText(let leg): opening + takesText(leg)
        case .reserveRoom(let name, let maker): opening + reserve(name, for: maker, now, wall)
        case .legKey(let leg, let key): opening + self.key(leg, key, now, wall)
        case .legPlayed(let leg): opening + played(leg, now)
        case .legNamed(let leg, let hasName): opening + named(leg, hasName: hasName, now, wall)
        case .transfer(let wish): opening + transfer(wish, now, wall)
        case .callIn(let wish): opening + callIn(wish, now, wall)
        case .callText(let text): opening + callText(text, now, wall)
        case .invite(let invitation): opening + invite(invitation, now, wall)
        case .expel(let expulsion): opening + expel(expulsion, wall)
        case .moderate(let id, let room, let moderator, let wish):
            opening + moderate(id, room, moderator, wish, now, wall)
        case .recordingBegan(let id): opening + recordingBegan(id, wall)
        case .recordingEnded(let id, let end): opening + recordingEnded(id, end, wall)
        case .mucEnter(let entry): opening + enter(entry, now, wall)
        case .mucLeave(let room, let occupant, let status): opening + leave(room, occupant, status)
        case .mucSubject(let id, let room, let occupant, let text): opening + setSubject(id, room, occupant, text)
        case .mucInvite(let id, let room, let inviter, let invitees):
            opening + invite(id, room, inviter, invitees, now, wall)
        case .mucDecline(let room, let invitee, let inviter, let reason):
            opening + decline(room, invitee, to: inviter, reason)
        case .govern(let id, let room, let asker, let wish): opening + govern(id, room, asker, wish, now, wall)
        case .retract(let id, let room, let moderator, let retraction, let payload):
            opening + retract(id, room, moderator, retraction, payload: payload, wall)
        case .submit(let submission): opening + submit(submission, now, wall)
        case .composing(let composing): opening + self.composing(composing, now)
        case .report(let report): opening + self.report(report)
        case .group(let event): opening + group(event, now, wall)
        case .instant(let message): opening + instant(message, now)
        case .presence(let link, let event): opening + [.presence(link, event)]
        case .instantOutcome(let id, let outcome, let by): opening + instantOutcome(id, outcome, by: by)
        case .account(let id, let user, let wish): opening + account(id, user, wish, now)
        case .lineChanged(let line, let state): opening + lineChanged(line, state)
        case .operate(let id, let wish): opening + operate(id, wish, now, wall)
        }
    }

    /// A room as it stands; nil when there is none of that name.
    public func room(_ name: RoomName) -> Room? { states[name]?.room }

    /// All rooms, by name.
    public var rooms: [Room] { states.keys.sorted().compactMap { states[$0]?.room } }

    /// The legs that are not over: offered, dialled, or up.
    public var liveLegs: [LegID] { legs.keys.sorted() }

    /// How many they are.
    public var liveLegCount: Int { legs.count }

    /// The room that a leg is in, or on its way into.
    public func room(of leg: LegID) -> RoomName? {
        switch legs[leg] {
        case .entering(let name, _), .inRoom(let name, _, _): name
        case .dialled: dialOuts[leg]?.room
        case .atDoor(let name, _): name
        case .leaving, .bridged, nil: nil
        }
    }

    /// The bridged call that a leg is one end of.
    public func bridge(of leg: LegID) -> Bridge? {
        guard case .bridged(let caller) = legs[leg] else { return nil }
        return bridgesByCaller[caller]
    }

    /// All bridged calls, in the order they came.
    public var bridges: [Bridge] { bridgesByCaller.values.sorted { $0.callee < $1.callee } }

    /// A number given out to nothing else: participants, endpoints and mixes share one sequence.
    mutating func newNumber() -> UInt64 {
        numbers += 1
        return numbers
    }

    mutating func newMix() -> MixID { MixID(newNumber()) }
}
