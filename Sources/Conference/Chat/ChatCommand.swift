/// What somebody types who can do no better: `/msg Alice hello`, `/roster`, `/mute Bob`, `/help`.
enum ChatCommand: Sendable, Hashable {
    /// Everything after `/msg`, which names the addressee first.
    case message(String)
    case roster
    /// An address to be called into the room.
    case call(String)
    case help
    /// One that changes the room or those in it, and everything after it.
    case moderation(ModerationVerb, String)
    case unknown(String)

    /// Nil for a text that is no command: `//…` and `/me …` are texts.
    init?(_ body: String) {
        let trimmed = body.drop(while: \.isWhitespace)
        guard trimmed.first == "/", !trimmed.hasPrefix("//") else { return nil }
        let word = trimmed.dropFirst().prefix { !$0.isWhitespace }
        let rest = trimmed.dropFirst(1 + word.count).drop(while: \.isWhitespace)
        switch word.lowercased() {
        case "me": return nil
        case "msg": self = .message(String(rest))
        case "roster": self = .roster
        case "call", "add": self = .call(String(rest))
        case "help": self = .help
        case let verb:
            self =
                ModerationVerb(rawValue: verb).map { .moderation($0, String(rest)) }
                ?? .unknown(String(word.prefix(32)))
        }
    }

    static let usage = "/msg NAME TEXT writes to one participant alone; quotes around a name are allowed."
    static let callUsage = "/call ADDRESS calls somebody into the room: a number, a SIP address or a JID."

    /// What somebody of that role may type.
    static func helpText(for role: Role) -> String {
        let verbs = ModerationVerb.allCases.filter { role == .moderator || !$0.isForModerators }
        let call = role == .listener ? [] : [callUsage]
        return
            (["/roster lists who is here."] + call + [usage] + verbs.map(\.usage)
            + ["A line that begins with // is sent as it is."]).joined(separator: "\n")
    }

    /// The addressee and the text of a `/msg`: a quoted name, or the longest name in the room that the text begins
    /// with, without regard to case.
    /// - Returns: the name, which nobody in the room may have, and the text, which may be empty.
    static func addressee(in rest: String, of room: Room) -> (name: String, text: String) {
        addressee(in: rest, of: room.participants.map(\.name))
    }

    static func addressee(in rest: String, of names: [String]) -> (name: String, text: String) {
        if let quote = rest.first, let closing = closings[quote],
            let end = rest.dropFirst().firstIndex(of: closing)
        {
            let name = rest[rest.index(after: rest.startIndex)..<end]
            return (String(name), text(rest[rest.index(after: end)...]))
        }
        let words = Array(rest)
        var best: (name: String, length: Int)?
        for name in names where name.count > best?.length ?? 0 {
            let length = name.count
            guard words.count >= length, words.count == length || words[length].isWhitespace else { continue }
            if String(words[..<length]).lowercased() == name.lowercased() { best = (name, length) }
        }
        if let best { return (best.name, text(words[best.length...])) }
        let first = rest.prefix { !$0.isWhitespace }
        return (String(first), text(rest.dropFirst(first.count)))
    }

    private static let closings: [Character: Character] = ["\"": "\"", "'": "'", "“": "”", "„": "“", "«": "»"]

    private static func text(_ rest: some Sequence<Character>) -> String {
        String(rest.drop(while: \.isWhitespace))
    }
}
