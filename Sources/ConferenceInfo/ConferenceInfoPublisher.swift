public import Conference
public import Primitives

/// What those who watch one room have been told, and so what each is to be told next (RFC 4575 section 4.4), and when.
///
/// Changes are gathered: the first is told at once, what follows within `interval` together at its end, so that the last
/// state always is. Each watcher has versions of its own, may want longer intervals (RFC 6446 `min-interval`), and is told
/// nothing while it has yet to answer; what it is told then covers all that it missed. Who was told the same before is told
/// the same text.
///
/// A watcher: added, told nothing → `full` gives the whole state as version 1 → `due` and `answered` give what changed, one
/// version on → `full` gives everything again, one version on → `deleted` or `remove` ends it.
public struct ConferenceInfoPublisher<Watcher: Hashable & Sendable>: Sendable {
    private struct Told: Sendable {
        let entity: String
        /// The version of the last document; 0 before the first.
        var version: UInt32 = 0
        /// The state as of the last document; nil before the first.
        var state: ConferenceInfoSnapshot?
        var interval: Duration
        /// When the next partial document may go.
        var next = Instant.zero
        var isAnswering = false
        /// Whether the last document was not taken.
        var hasMissed = false
        /// Whether `alarms` has `next`.
        var isArmed = false
    }

    /// What a document says, apart from whom it is for.
    private struct Body: Sendable {
        let description: InfoDescription?
        let conferenceState: InfoConferenceState?
        let users: [InfoUser]
        let text: String
        var isEmpty: Bool { description == nil && conferenceState == nil && users.isEmpty }
    }

    private let context: ConferenceInfoContext
    private let interval: Duration
    private let awaitsAnswers: Bool
    private var watchers: [Watcher: Told] = [:]
    private var snapshot: ConferenceInfoSnapshot?
    /// Whether the room is another than the snapshot.
    private var isStale = true
    /// Of the last snapshot, by the serial of the one before; 0 for the full state.
    private var bodies: [UInt64: Body] = [:]
    /// When everybody is to be told of what changed; nil when nothing did.
    private var tick: Instant?
    private var lastTick: Instant?
    private var alarms = TimerHeap<Watcher>()

    /// - Parameters:
    ///   - interval: least time between two documents to the same watcher that nobody asked for.
    ///   - awaitsAnswers: whether a watcher must have answered one document (`answered`) before it is told another.
    public init(context: ConferenceInfoContext = .init(), interval: Duration, awaitsAnswers: Bool = false) {
        self.context = context
        self.interval = interval
        self.awaitsAnswers = awaitsAnswers
    }

    public var isEmpty: Bool { watchers.isEmpty }
    public var all: [Watcher] { Array(watchers.keys) }

    /// When `due` is next to be asked; may be early, never late.
    public var nextWake: Instant? { [tick, alarms.next].compactMap(\.self).min() }

    /// - Parameters:
    ///   - entity: the conference URI as this watcher knows it.
    ///   - interval: least time between two documents, where it wants more than everybody gets.
    public mutating func add(_ watcher: Watcher, entity: String, interval: Duration? = nil) {
        watchers[watcher] = Told(entity: entity, interval: max(interval ?? .zero, self.interval))
    }

    /// A watcher wants another least interval from now on; nil for everybody's.
    public mutating func setInterval(_ wanted: Duration?, of watcher: Watcher) {
        watchers[watcher]?.interval = max(wanted ?? .zero, interval)
    }

    /// How long a watcher waits at least from one document to the next.
    public func interval(of watcher: Watcher) -> Duration { watchers[watcher]?.interval ?? interval }

    public mutating func remove(_ watcher: Watcher) { watchers[watcher] = nil }

    /// The room changed.
    public mutating func changed(at now: Instant) {
        isStale = true
        if tick == nil { tick = max(now, lastTick.map { $0 + interval } ?? now) }
    }

    /// Who is to be told what now.
    public mutating func due(_ room: Room, at now: Instant) -> [(watcher: Watcher, notice: ConferenceInfoNotice)] {
        var ready: [Watcher] = []
        while let watcher = alarms.pop(dueBy: now) {
            guard watchers[watcher]?.isArmed == true else { continue }
            watchers[watcher]?.isArmed = false
            ready.append(watcher)
        }
        if let due = tick {
            // Who might have been told alone is told with the others.
            guard due <= now else { return [] }
            tick = nil
            lastTick = now
            refresh(room)
            ready = Array(watchers.keys)
        }
        return ready.compactMap { watcher in tell(watcher, at: now).map { (watcher, $0) } }
    }

    /// A watcher has answered; what it missed meanwhile follows.
    public mutating func answered(_ watcher: Watcher, at now: Instant) -> ConferenceInfoNotice? {
        watchers[watcher]?.isAnswering = false
        return tick == nil ? tell(watcher, at: now) : nil
    }

    /// A watcher did not take the last document: with the next change it is told everything.
    public mutating func missed(_ watcher: Watcher) { watchers[watcher]?.hasMissed = true }

    /// Everything as it is now, for a first or a refreshed subscription (RFC 4575 section 3.5), whenever it is asked for.
    public mutating func full(for watcher: Watcher, _ room: Room, at now: Instant) -> ConferenceInfoNotice? {
        guard var told = watchers[watcher] else { return nil }
        let body = body(since: nil, in: refresh(room))
        told.version &+= 1
        told.state = snapshot
        told.next = now + told.interval
        told.isAnswering = awaitsAnswers
        told.hasMissed = false
        watchers[watcher] = told
        return notice(body, .full, told)
    }

    /// The conference is over (RFC 4575 section 5.1), and with it the watching.
    public mutating func deleted(for watcher: Watcher) -> ConferenceInfoNotice? {
        guard var told = watchers.removeValue(forKey: watcher) else { return nil }
        told.version &+= 1
        return ConferenceInfoNotice(
            ConferenceInfoDocument(entity: told.entity, state: .deleted, version: told.version), text: "")
    }

    // MARK: Inside

    @discardableResult
    private mutating func refresh(_ room: Room) -> ConferenceInfoSnapshot {
        if !isStale, let snapshot { return snapshot }
        let fresh = ConferenceInfoSnapshot(room, in: context, after: snapshot)
        snapshot = fresh
        bodies = [:]
        isStale = false
        return fresh
    }

    private mutating func tell(_ watcher: Watcher, at now: Instant) -> ConferenceInfoNotice? {
        guard var told = watchers[watcher], let before = told.state, let snapshot, before.serial != snapshot.serial,
            !told.isAnswering
        else { return nil }
        guard told.next <= now else {
            if !told.isArmed { alarms.push(told.next, watcher) }
            watchers[watcher]?.isArmed = true
            return nil
        }
        let isFull = told.hasMissed
        let body = body(since: isFull ? nil : before, in: snapshot)
        told.state = snapshot
        told.hasMissed = false
        if !body.isEmpty {
            told.version &+= 1
            told.next = now + told.interval
            told.isAnswering = awaitsAnswers
        }
        watchers[watcher] = told
        return body.isEmpty ? nil : notice(body, isFull ? .full : .partial, told)
    }

    private mutating func body(since earlier: ConferenceInfoSnapshot?, in snapshot: ConferenceInfoSnapshot) -> Body {
        let key = earlier?.serial ?? 0
        if let known = bodies[key] { return known }
        let description = snapshot.description == earlier?.description ? nil : snapshot.description
        let conferenceState = snapshot.conferenceState == earlier?.conferenceState ? nil : snapshot.conferenceState
        let users = earlier.map(snapshot.changes) ?? snapshot.users
        var document = ConferenceInfoDocument(
            entity: "", state: earlier == nil ? .full : .partial, version: 0, description: description,
            conferenceState: conferenceState, users: users)
        document.host = earlier == nil ? context.host : nil
        let body = Body(
            description: description, conferenceState: conferenceState, users: users,
            text: document.children.map { $0.xml() }.joined())
        bodies[key] = body
        return body
    }

    private func notice(
        _ body: Body, _ state: ConferenceInfoDocument.State, _ told: Told
    ) -> ConferenceInfoNotice {
        var document = ConferenceInfoDocument(
            entity: told.entity, state: state, version: told.version, description: body.description,
            conferenceState: body.conferenceState, users: body.users)
        document.host = state == .full ? context.host : nil
        return ConferenceInfoNotice(document, text: body.text)
    }
}

extension ConferenceInfoPublisher: Alarmed {}
