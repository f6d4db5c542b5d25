public import MediaDescription

/// What happened, in the domain's terms. Adapters say it; `Conference.handle` decides what follows.
public enum Command: Sendable, Hashable {
    // MARK: Legs

    /// A peer calls an address: INVITE, JMI propose or session-initiate.
    case legOffered(LegID, IncomingCall)
    /// The called peer of an outgoing leg is alerted: 180, JMI ringing, session-info ringing.
    case legRinging(LegID)
    /// The called peer of an outgoing leg is heard before it answers (183 with a description), as is wanted of its trunk.
    case legEarly(LegID)
    /// Offer and answer are through: 200/ACK or session-accept, of either direction.
    case legAnswered(LegID)
    /// The peer changed which way media flows, as the peer sees it: hold and resume.
    case legDirection(LegID, StreamDirection)
    /// The SSRC with which this leg's media is known (RFC 4575 `src-id`).
    case legSource(LegID, UInt32)
    /// Ended by the peer, or failed; the adapter has forgotten it by the time it says so.
    case legEnded(LegID, EndReason)

    /// A trunk could not place a call that nobody was alerted by; forgotten by the adapter as if it had ended.
    case legUnplaced(LegID, EndReason, TrunkFault)

    /// A key of the telephone was pressed, however it was told: RFC 4733, INFO, in band, XEP-0181.
    case legKey(LegID, DTMFKey)
    /// What was to be played to a leg alone has been played.
    case legPlayed(LegID)
    /// What was to be written down of a leg's name is there, or it was silence.
    case legNamed(LegID, hasName: Bool)
    /// The peer of an outgoing leg takes text, as its answer says (`Allow: MESSAGE`).
    case legTakesText(LegID)

    /// One end of a bridged call wants the other to be talking to somebody else.
    case transfer(Transfer)
    /// One end of a bridged call wants somebody else in it.
    case callIn(CallAddition)
    /// What somebody types into a bridged call as a command, or as keys; answered by `submitted`.
    case callText(CallText)

    // MARK: Focus

    /// A room is to be made that waits for who asked for it.
    case reserveRoom(RoomName, for: PeerAddress)
    /// Somebody is to be called into a room.
    case invite(Invitation)
    /// Somebody is to be taken out of a room.
    case expel(Expulsion)

    /// What happens in group calls of clients.
    case group(GroupCallEvent)

    // MARK: People

    /// Somebody wants something done in a room; answered by `submitted`.
    case moderate(SubmissionID, RoomName, by: Moderator, Moderation)

    // MARK: Recording

    /// There is a file for a recording that was asked for.
    case recordingBegan(RecordingID)
    /// A recording could not begin, or ended without being told to.
    case recordingEnded(RecordingID, RecordingEnd)

    // MARK: MUC

    /// An XMPP client sends presence to `room@rooms/nick` (XEP-0045 sections 7.2 and 7.6: enter, or change nick).
    case mucEnter(MUCEntry)
    /// `unavailable` to the room, or the client's server says that it is gone.
    case mucLeave(RoomName, occupant: PeerAddress, status: String?)
    /// A new subject from an occupant (XEP-0045 section 8.1).
    case mucSubject(SubmissionID, RoomName, occupant: PeerAddress, subject: String)
    /// An occupant, by full JID, has the room invite others (XEP-0045 section 7.8.2).
    case mucInvite(SubmissionID, RoomName, by: PeerAddress, [MUCInvitation])
    /// Who was invited does not come.
    case mucDecline(RoomName, invitee: PeerAddress, to: PeerAddress, reason: String?)
    /// Who has that proven address wants to change a room or what people are to it; answered by `submitted`.
    case govern(SubmissionID, RoomName, by: PeerAddress, Governance)
    /// A moderator, by full JID, takes a message of anybody's back; the payload is what clients are told.
    case retract(SubmissionID, RoomName, by: PeerAddress, Retraction, payload: String)

    // MARK: Text

    /// A text for a room or for one in it, from any side.
    case submit(Submission)
    /// Somebody writes, or has stopped.
    case composing(Composing)
    /// What became of a text, said by who it was for.
    case report(MessageReport)

    /// A text for one person across the gateway, or a word about one.
    case instant(InstantMessage)
    /// What became of a delivery of that id; by the address that says so, on the XMPP side.
    case instantOutcome(String, InstantOutcome, by: PeerAddress?)
    /// One end of a link of presence says something to the other.
    case presence(PresenceLink, PresenceEvent)

    // MARK: Lines

    /// An XMPP user, by proven address, wants an account of its own elsewhere, or none any more; answered by
    /// `accountAnswered`.
    case account(AccountRequestID, by: PeerAddress, AccountWish)
    /// How an account of ours stands with its registrar.
    case lineChanged(LineID, LineState)

    // MARK: Operator

    /// Whoever runs the server wants something done with a call; answered by `operated`.
    case operate(OperatorRequestID, OperatorWish)
}
