/// The chat commands that change a room or those in it.
enum ModerationVerb: String, Sendable, Hashable, CaseIterable {
    case mute, unmute, hand, topic, pin
    case deafen, undeafen, kick, lock, unlock, admit, speaker, listener, moderator, record
    case ban, unban, member, admin, owner

    /// Whether only moderators may use it at all.
    var isForModerators: Bool {
        switch self {
        case .mute, .unmute, .hand, .topic, .pin, .deafen, .undeafen: false
        case .kick, .lock, .unlock, .admit, .speaker, .listener, .moderator, .record: true
        case .ban, .unban, .member, .admin, .owner: true
        }
    }

    /// What it does, in a line.
    var usage: String {
        switch self {
        case .mute: "/mute mutes you; moderators: /mute NAME, /mute all."
        case .unmute: "/unmute lets you be heard again; moderators: /unmute NAME, /unmute all."
        case .hand: "/hand raises your hand, /hand down lowers it; moderators: /hand down NAME."
        case .topic: "/topic TEXT sets the topic of the room."
        case .pin: "/pin DIGITS makes you a moderator."
        case .deafen: "/deafen keeps the call silent both ways for you; moderators: /deafen NAME."
        case .undeafen: "/undeafen lets you hear again; moderators: /undeafen NAME."
        case .kick: "/kick NAME puts somebody out, also from the waiting room; /kick all everybody else."
        case .lock: "/lock lets nobody else in."
        case .unlock: "/unlock opens the room again."
        case .admit: "/admit NAME, or /admit all, lets in who waits."
        case .speaker: "/speaker NAME lets a listener speak."
        case .listener: "/listener NAME takes the right to speak."
        case .moderator: "/moderator NAME makes somebody a moderator."
        case .ban: "/ban NAME or /ban ADDRESS lets somebody in no more; for admins and owners of the room."
        case .unban: "/unban ADDRESS takes a ban back."
        case .member: "/member NAME or /member ADDRESS makes somebody a member of the room."
        case .admin: "/admin NAME or /admin ADDRESS makes somebody an admin of the room; for owners."
        case .owner: "/owner NAME or /owner ADDRESS makes somebody an owner of the room; for owners."
        case .record: "/record records the call, /record stop ends that."
        }
    }

    /// What is wanted; nil when it has to be said better.
    func wish(_ rest: String, in room: Room) -> Moderation? {
        let names = room.participants.map(\.name)
        func target(_ rest: String, of names: [String] = names) -> (target: Moderation.Target, rest: String) {
            if rest.isEmpty { return (.oneself, "") }
            let (name, more) = ChatCommand.addressee(in: rest, of: names)
            return (Roster.isReserved(name) ? .all : .named(name), more)
        }
        let (found, more) = target(rest)
        let other: Moderation.Target? = rest.isEmpty ? nil : found
        switch self {
        case .mute: return .mute(found)
        case .unmute: return .unmute(found)
        case .deafen: return .deafen(found)
        case .undeafen: return .undeafen(found)
        case .lock: return .lock(true)
        case .unlock: return .lock(false)
        case .topic: return .topic(rest)
        case .pin: return rest.isEmpty ? nil : .pin(rest)
        case .kick:
            let all = names + room.pending.map(\.name)
            let (whom, reason) = target(rest, of: all)
            return rest.isEmpty ? nil : .expel(whom, reason: reason.isEmpty ? nil : reason)
        case .admit: return .admit(rest.isEmpty ? .all : target(rest, of: room.pending.map(\.name)).target)
        case .hand:
            guard !rest.isEmpty else { return .hand(true, .oneself) }
            let (word, whom) = ChatCommand.addressee(in: rest, of: ["down", "up"])
            switch word.lowercased() {
            case "up": return .hand(true, .oneself)
            case "down": return .hand(false, target(whom).target)
            default: return nil
            }
        case .speaker: return other.map { .role(.speaker, $0) }
        case .listener: return other.map { .role(.listener, $0) }
        case .moderator: return more.isEmpty ? other.map { .role(.moderator, $0) } : nil
        case .ban: return affiliate(.outcast, rest, names)
        case .unban: return affiliate(.none, rest, names)
        case .member: return affiliate(.member, rest, names)
        case .admin: return affiliate(.admin, rest, names)
        case .owner: return affiliate(.owner, rest, names)
        case .record:
            switch rest.lowercased() {
            case "", "start": return .record(true)
            case "stop": return .record(false)
            default: return nil
            }
        }
    }
}

extension ModerationVerb {
    private func affiliate(_ affiliation: Affiliation, _ rest: String, _ names: [String]) -> Moderation? {
        guard !rest.isEmpty else { return nil }
        let (who, reason) = ChatCommand.addressee(in: rest, of: names)
        return .affiliate(affiliation, who, reason: reason.isEmpty ? nil : reason)
    }
}

extension Verdict {
    /// What a command is answered with: a refusal in words.
    var reply: SubmissionOutcome {
        guard case .refused(let refusal) = outcome else { return outcome }
        switch refusal {
        case .notAllowed(let text), .malformed(let text), .outranked(let text), .conflict(let text),
            .unacceptable(let text), .exhausted(let text):
            return .reply(text)
        case .noSuchParticipant(let name): return .reply("There is no \(name) here.")
        case .noSuchRoom, .notInRoom, .cannotRead, .tooMany, .tooLong, .undelivered: return outcome
        }
    }
}
