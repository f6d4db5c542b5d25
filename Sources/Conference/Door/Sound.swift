/// A short sound or a spoken word, by the name of its file.
public enum Sound: Sendable, Hashable {
    case enterPIN, wrongPIN, goodbye
    case youAreFirst, waitForModerator, roomFull, roomLocked, roomUnlocked
    case muted, unmuted, allMuted, handUp, handDown
    case recordingStarted, recordingStopped, beingRecorded, cannotRecord
    /// A number, followed by what is counted; above twenty it is said in tens, as `more than`.
    case moreThan, number(Int), participant, participants
    /// Names: as it was said at the door on that leg, or to be made from how it is written.
    case recordedName(LegID), spokenName(String)
    case sayName, hasJoined, hasLeft
    /// Tones, the same in every language.
    case joinTone, leaveTone, beep
    /// What who is held hears.
    case holdMusic

    /// Of the file without `.wav`; nil for names, which have none.
    public var name: String? {
        switch self {
        case .enterPIN: "enter-pin"
        case .wrongPIN: "wrong-pin"
        case .goodbye: "goodbye"
        case .youAreFirst: "you-are-first"
        case .waitForModerator: "wait-for-moderator"
        case .roomFull: "room-full"
        case .roomLocked: "room-locked"
        case .roomUnlocked: "room-unlocked"
        case .muted: "muted"
        case .unmuted: "unmuted"
        case .allMuted: "all-muted"
        case .handUp: "hand-up"
        case .handDown: "hand-down"
        case .recordingStarted: "recording-started"
        case .recordingStopped: "recording-stopped"
        case .beingRecorded: "being-recorded"
        case .cannotRecord: "cannot-record"
        case .moreThan: "more-than"
        case .number(let number): "number-\(number)"
        case .participant: "participant"
        case .participants: "participants"
        case .recordedName, .spokenName: nil
        case .sayName: "say-name"
        case .hasJoined: "has-joined"
        case .hasLeft: "has-left"
        case .joinTone: "join"
        case .leaveTone: "leave"
        case .beep: "beep"
        case .holdMusic: "hold"
        }
    }

    /// How many are there, in words there are files for: 0 to 20, then more than 20, 30, … 100.
    public static func count(_ participants: Int) -> [Sound] {
        switch participants {
        case 1: [.number(1), .participant]
        case ...20: [.number(max(0, participants)), .participants]
        default: [.moreThan, .number(min(100, (participants - 1) / 10 * 10)), .participants]
        }
    }
}

/// Sounds, one after another, in a language.
public struct Announcement: Sendable, Hashable {
    public var sounds: [Sound]
    /// Nil for the server's.
    public var language: String?
    /// What is played instead where a name in it cannot be had; where that is nothing, the name is left out.
    public var otherwise: [Sound]

    public init(_ sounds: [Sound], language: String? = nil, otherwise: [Sound] = []) {
        self.sounds = sounds
        self.language = language
        self.otherwise = otherwise
    }
}
