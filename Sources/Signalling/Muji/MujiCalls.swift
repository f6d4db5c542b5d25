import Conference
import Jingle
import Primitives
import XMPP

/// The group calls that our rooms are invited into, and those that they are in.
struct MujiCalls: Sendable {
    /// An invitation on its way through the domain.
    struct Invited: Sendable {
        let room: RoomName
        let place: JID
        let answers: CallInviteAnswers
    }

    private struct Key: Hashable, Sendable {
        let room: RoomName
        let place: JID
    }

    /// Most invitations in MUCs that wait for their id.
    private static let mostWaiting = 64

    private(set) var sessions = AlarmTable<GroupCallID, MujiSession>()
    private var byPlace: [Key: GroupCallID] = [:]
    private var invited: [GroupCallID: Invited] = [:]
    /// Invitations in our own MUCs, until the message has an id.
    private var waiting: [SubmissionID: (invite: CallInvite, from: JID, room: RoomName)] = [:]
    /// The XMPP server was away: no MUC knows us any more.
    private var isStale = false
    private var last: UInt64 = 0

    var nextWake: Instant? { isStale ? .zero : sessions.nextWake }

    /// Who invites again into what the room is in is told so; nil for all others.
    func session(_ room: RoomName, _ place: JID) -> GroupCallID? { byPlace[Key(room: room, place: place.bare)] }

    /// An invitation is to be decided by the domain.
    mutating func decide(_ invitation: Invited) -> GroupCallID {
        last += 1
        let id = GroupCallID(last)
        invited[id] = invitation
        return id
    }

    /// The room that is invited, or in it.
    func room(of id: GroupCallID) -> RoomName? { invited[id]?.room ?? sessions[id]?.room }

    /// The domain decided against one.
    mutating func refuse(_ id: GroupCallID) -> Invited? { invited.removeValue(forKey: id) }

    /// The domain decided for one.
    mutating func join(_ id: GroupCallID, own: JID, most: Int, caps: XMLElement, now: Instant) -> Invited? {
        guard let invitation = invited.removeValue(forKey: id) else { return nil }
        byPlace[Key(room: invitation.room, place: invitation.place)] = id
        sessions[id] = MujiSession(
            id, room: invitation.room, place: invitation.place, own: own, answers: invitation.answers, most: most,
            caps: caps, now: now)
        return invitation
    }

    /// The session, which is no longer kept.
    mutating func remove(_ id: GroupCallID) -> MujiSession? {
        guard let session = sessions.removeValue(forKey: id) else { return nil }
        byPlace[Key(room: session.room, place: session.place)] = nil
        return session
    }

    /// The session of an invitation, by whoever sent it or, in a MUC of ours, by its id alone.
    func session(invitedBy inviter: JID, _ id: String, to room: RoomName) -> GroupCallID? {
        sessions.values.first {
            $0.value.room == room && $0.value.answers.id == id && $0.value.answers.inviter.bare == inviter.bare
        }?.key
    }

    mutating func change<Result>(_ id: GroupCallID, _ body: (inout MujiSession) -> Result) -> Result? {
        guard var session = sessions[id] else { return nil }
        let result = body(&session)
        sessions[id] = session
        return result
    }

    // MARK: In MUCs of ours

    mutating func wait(_ id: SubmissionID, _ invite: CallInvite, from: JID, room: RoomName) {
        if waiting.count < MujiCalls.mostWaiting { waiting[id] = (invite, from, room) }
    }

    mutating func submitted(_ id: SubmissionID) -> (invite: CallInvite, from: JID, room: RoomName)? {
        waiting.isEmpty ? nil : waiting.removeValue(forKey: id)
    }

    // MARK: Time

    mutating func serverIsBack() { isStale = !sessions.isEmpty }

    /// The sessions to be woken, and whether they are to end.
    mutating func takeDue(by now: Instant) -> (ids: [GroupCallID], areStale: Bool) {
        defer { isStale = false }
        return isStale ? (sessions.values.keys.sorted(), true) : (sessions.takeDue(by: now).sorted(), false)
    }

    mutating func arm(_ id: GroupCallID) { sessions.arm(id) }
}
