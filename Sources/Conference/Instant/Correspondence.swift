import Primitives

/// Texts that went across the gateway, the last ones of them: whose they are, and who still waits for what.
struct Correspondence: Sendable {
    struct Entry: Sendable {
        let sender: PeerAddress
        /// Whom it was written to, as addressed.
        let recipient: PeerAddress
        /// Where it went.
        let target: PeerAddress
        let clientID: String?
        let wanted: WantedReports
        /// The bridged call in which it was said, on the sender's side.
        let leg: LegID?
        /// Until the sender's request is answered.
        fileprivate(set) var submission: SubmissionID?
        fileprivate(set) var reported: Set<MessageStatus> = []
    }

    static let limit = 8192
    /// How long the answer to a phone's MESSAGE waits for an error that comes at once.
    static let grace = Duration.milliseconds(300)
    private static let writers = 4096

    /// Who writes to whom, each as the writer's side knows the other.
    struct Pair: Hashable, Sendable {
        let writer: PeerAddress
        let reader: PeerAddress
    }

    private var entries: [String: Entry] = [:]
    /// In the order they came; a ring once it is full.
    private var order: [String] = []
    private var oldest = 0
    /// Whose answers wait, in the order they are due.
    private var held: [(id: String, due: Instant)] = []
    /// Who is writing, and the last word of it as it is to be passed on.
    private(set) var composing: [Pair: (state: ComposingState, delivery: InstantDelivery)] = [:]

    subscript(_ id: String) -> Entry? { entries[id] }

    /// - Parameter held: whether the answer to the sender waits.
    mutating func add(
        _ id: String, _ message: InstantMessage, _ text: InstantText, to target: PeerAddress, isHeld: Bool,
        at now: Instant
    ) {
        entries[id] = Entry(
            sender: message.sender, recipient: message.recipient, target: target, clientID: text.clientID,
            wanted: text.clientID == nil ? [] : text.wanted, leg: message.leg,
            submission: isHeld ? message.id : nil)
        if isHeld { held.append((id, now + Correspondence.grace)) }
        guard order.count == Correspondence.limit else { return order.append(id) }
        entries[order[oldest]] = nil
        order[oldest] = id
        oldest = (oldest + 1) % Correspondence.limit
    }

    /// The answer that the sender of a text still waits for, once.
    mutating func answer(_ id: String) -> SubmissionID? {
        defer { entries[id]?.submission = nil }
        return entries[id]?.submission
    }

    /// Notes a report; false when it is not the first of its kind.
    mutating func note(_ status: MessageStatus, of id: String) -> Bool {
        entries[id]?.reported.insert(status).inserted ?? false
    }

    /// When `takeDue` has something, or somebody's silence is to be told.
    var nextWake: Instant? {
        [held.first?.due, composing.values.lazy.compactMap(\.state.nextWake).min()].compactMap(\.self).min()
    }

    /// Answers that have waited long enough: nothing was said against the text.
    mutating func takeDue(by now: Instant) -> [(SubmissionID, String)] {
        let due = held.prefix { $0.due <= now }.map(\.id)
        held.removeFirst(due.count)
        return due.compactMap { id in answer(id).map { ($0, id) } }
    }

    // MARK: Writing

    /// Takes word that somebody writes, or has stopped; gives whether that is to be told now.
    mutating func compose(
        _ pair: Pair, _ delivery: InstantDelivery, isActive: Bool, until: Instant, at now: Instant
    ) -> Bool? {
        guard composing[pair] != nil || isActive && composing.count < Correspondence.writers else { return nil }
        var state = composing[pair]?.state ?? ComposingState()
        state.set(isActive, until: until)
        composing[pair] = (state, delivery)
        return tell(pair, at: now)
    }

    /// The text came, and with it the end of writing.
    mutating func wrote(_ pair: Pair) { composing[pair]?.state.wrote() }

    /// Who is due to be told of, and is then asked for by `tell`.
    func composingDue(by now: Instant) -> [Pair] {
        composing.filter { $0.value.state.nextWake.map { $0 <= now } ?? true }.keys.sorted {
            ($0.writer.description, $0.reader.description) < ($1.writer.description, $1.reader.description)
        }
    }

    mutating func tell(_ pair: Pair, at now: Instant) -> Bool? {
        guard var found = composing[pair] else { return nil }
        let told = found.state.due(at: now)
        composing[pair] = found.state.isOver(at: now) ? nil : found
        return told
    }
}
