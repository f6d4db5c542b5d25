import Conference
import SIP

/// Texts on their way to one SIP phone: one at a time and in order.
struct OutgoingTexts {
    struct Text: Hashable {
        var senderName: String
        var isPrivate: Bool
        var contentType: String
        var body: [UInt8]
        /// The same for a phone that turns out not to take CPIM.
        var plain: [UInt8]?
        var tracking: Tracking?
        /// A text across the gateway, whose outcome is told under that id.
        var delivery: String?
        /// Subject and Content-Language.
        var headers: [SIPHeader] = []
        /// The same in pieces that fit a datagram, for a phone on UDP that cannot be reached by TCP.
        var pieces: [Text] = []
        /// Of a piece: the vaguest answer to those before it, 200 or 202.
        fileprivate(set) var soFar = 200

        /// Whether both are pieces of one text that somebody wants to hear of.
        func isOfOne(with other: Text) -> Bool {
            if let delivery { return delivery == other.delivery }
            if let tracking { return tracking == other.tracking }
            return false
        }
    }

    /// A text whose sender wants to hear what becomes of it, from us.
    struct Tracking: Hashable {
        var room: RoomName
        var messageID: String
        var wanted: WantedReports
    }

    private static let limit = 400
    private static let limitOfBytes = 1 << 20

    /// Whether the peer's Allow has MESSAGE.
    var isTaken = false
    /// Whether the peer's Accept has message/cpim.
    private(set) var takesCPIM = false
    /// Whether the peer's Accept has application/im-iscomposing+xml.
    private(set) var takesComposing = false
    /// Whether the peer has written CPIM itself, and so reads what comes back.
    var speaksCPIM = false
    /// Whether the peer has said that it writes, and so reads the same.
    var writesComposing = false
    /// The peer refused MESSAGE inside the dialog: it gets them outside, as most phones expect them.
    var isOutsideDialog = false
    /// The peer did not take a long text by TCP: it gets them in pieces.
    private(set) var wantsPieces = false
    private(set) var inFlight: (transaction: ClientTransactionID, text: Text, isOutside: Bool)?
    private var waiting: [Text] = []
    private var waitingBytes = 0

    /// Whether nothing is on its way.
    var isIdle: Bool { inFlight == nil && waiting.isEmpty }

    /// The text on its way was sent again, with credentials.
    mutating func isSentAgain(_ last: ClientTransactionID, by transaction: ClientTransactionID) {
        if inFlight?.transaction == last { inFlight?.transaction = transaction }
    }

    /// Takes from the peer's INVITE, or its answer to ours, what it can read.
    mutating func learn(from message: SIPMessage) {
        isTaken = message.allow?.contains(.message) ?? false
        learn(types: message.accept ?? [])
    }

    /// What the peer reads besides text/plain.
    mutating func learn(types: [String]) {
        takesCPIM = types.contains("message/cpim")
        takesComposing = types.contains(IsComposing.mediaType)
    }

    /// False when it had to be dropped because too many wait.
    mutating func add(_ text: Text) -> Bool {
        guard waiting.count < OutgoingTexts.limit,
            waitingBytes + text.body.count <= OutgoingTexts.limitOfBytes
        else { return false }
        waiting.append(text)
        waitingBytes += text.body.count
        return true
    }

    /// The next text, if none is in flight.
    mutating func next() -> Text? {
        guard inFlight == nil, !waiting.isEmpty else { return nil }
        let text = waiting.removeFirst()
        waitingBytes -= text.body.count
        return text
    }

    mutating func sent(_ text: Text, by transaction: ClientTransactionID, isOutside: Bool) {
        inFlight = (transaction, text, isOutside)
    }

    /// The phone took the text on its way.
    /// - Returns: the status that holds for all of it; nil while pieces of it are to follow.
    mutating func taken(status: Int) -> Int? {
        guard let text = inFlight?.text else { return nil }
        inFlight = nil
        let soFar = max(text.soFar, status)
        guard let next = waiting.first, next.isOfOne(with: text) else { return soFar }
        waiting[0].soFar = soFar
        return nil
    }

    /// A text did not get there: nothing of it goes out any more, as parts of a text are none.
    mutating func lost(_ text: Text) {
        if inFlight?.text == text { inFlight = nil }
        waiting.removeAll { $0.isOfOne(with: text) }
        waitingBytes = waiting.reduce(0) { $0 + $1.body.count }
    }

    /// The call is over.
    /// - Returns: what is on its way, where its answer speaks for a whole text; and one piece of each that is lost.
    mutating func end() -> (last: (transaction: ClientTransactionID, text: Text)?, lost: [Text]) {
        var lost: [Text] = []
        for text in waiting where !(lost.last?.isOfOne(with: text) ?? false) { lost.append(text) }
        waiting = []
        waitingBytes = 0
        defer { inFlight = nil }
        guard let inFlight, !(lost.first?.isOfOne(with: inFlight.text) ?? false) else { return (nil, lost) }
        return ((inFlight.transaction, inFlight.text), lost)
    }

    /// Puts a text back to be tried again first.
    mutating func again(_ text: Text) {
        inFlight = nil
        waiting.insert(text, at: 0)
        waitingBytes += text.body.count
    }

    /// Puts a long text back in pieces, and from now on so with all.
    mutating func againInPieces(_ text: Text) {
        inFlight = nil
        wantsPieces = true
        waiting.insert(contentsOf: text.pieces, at: 0)
        waitingBytes += text.pieces.reduce(0) { $0 + $1.body.count }
    }

    /// Puts a text back that was refused as CPIM, as plain text, and all that wait with it.
    mutating func againAsPlain(_ text: Text) {
        again(text)
        for index in waiting.indices { waiting[index].becomePlain() }
        waitingBytes = waiting.reduce(0) { $0 + $1.body.count }
    }
}

extension OutgoingTexts.Text {
    fileprivate mutating func becomePlain() {
        for index in pieces.indices { pieces[index].becomePlain() }
        guard let plain else { return }
        body = plain
        contentType = SIPAdapter.plainType
        self.plain = nil
    }
}
