/// What somebody types into a bridged call: a command, or keys.
public struct CallText: Sendable, Hashable {
    public var id: SubmissionID
    /// The call in whose dialog it came; nil for who writes beside it.
    public var leg: LegID?
    /// Full address of who writes, and the address that it writes to.
    public var sender: PeerAddress
    public var peer: PeerAddress
    public var body: String
    /// Whether it stands for one that was written before (XEP-0308).
    public var isCorrection = false

    public init(id: SubmissionID, leg: LegID? = nil, sender: PeerAddress, peer: PeerAddress, body: String) {
        self.id = id
        self.leg = leg
        self.sender = sender
        self.peer = peer
        self.body = body
    }
}

/// What can be typed into a bridged call: `/add +49…`, `/keys 123#`, `/help`.
enum CallCommand: Sendable, Hashable {
    case add(String)
    case keys(String)
    case help

    /// Nil for any other text.
    init?(_ body: String) {
        let trimmed = body.drop(while: \.isWhitespace)
        guard trimmed.first == "/" else { return nil }
        let word = trimmed.dropFirst().prefix { !$0.isWhitespace }
        let rest = String(trimmed.dropFirst(1 + word.count).drop(while: \.isWhitespace))
        switch word.lowercased() {
        case "add": self = .add(rest)
        case "keys": self = .keys(rest)
        case "help": self = .help
        default: return nil
        }
    }

    /// The keys that a text consists of; nil for one with anything else in it, or with too many.
    static func keys(in text: String) -> [DTMFKey]? {
        let text = text.filter { !$0.isWhitespace }
        guard (1...32).contains(text.utf8.count) else { return nil }
        let keys = text.compactMap { DTMFKey($0) }
        return keys.count == text.count ? keys : nil
    }

    static func helpText(chatKeys: Bool) -> String {
        (["/add ADDRESS calls a third into the call: a number, a SIP address or a JID.", "/keys 123# presses keys."]
            + (chatKeys ? ["Digits, * and # alone are pressed as keys too."] : [])).joined(separator: "\n")
    }
}
