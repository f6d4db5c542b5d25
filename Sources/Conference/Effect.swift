public import MediaDescription

/// What is to be done, decided by the domain and carried out at the edges in the order given.
public enum Effect: Sendable, Hashable {
    // MARK: Legs

    /// Tell the caller of an incoming leg that the callee is alerted.
    case ring(LegID)
    /// Answer an incoming leg.
    case accept(LegID)
    /// Two legs are to hear each other: what is offered and answered on one follows what the other has, so that their packets
    /// can be relayed. Said before the first of them is dialled or answered.
    case pair(LegID, LegID)
    /// Call somebody: a new outgoing leg.
    case dial(LegID, OutgoingCall)
    /// Refuse, cancel or hang up, whichever the leg's state calls for.
    case end(LegID, EndReason)
    /// Tell the peer that it is held (or no longer), as seen from us; a bridged call passes hold on.
    case setDirection(LegID, StreamDirection)
    /// Press a key for the peer, by whatever way was agreed with it.
    case sendKey(LegID, DTMFKey)
    /// Tell the peer to whom it talks from now on (RFC 4916).
    case identify(LegID, ConnectedParty)
    /// A call that is up is part of a room from now on, or of none (RFC 4579 section 5.1, XEP-0298).
    case setFocus(LegID, RoomName?)

    // MARK: Media

    /// Let the leg hear and be heard in a mix, which comes into being with its first leg and goes with its last.
    case connect(LegID, MixID)
    /// Whether packets go from one leg of a mix to the other as they come, while it has two; it stays so until it is said
    /// otherwise. It may be said before anybody is in.
    case setRelays(MixID, Bool)
    /// Take the leg out of its mix.
    case disconnect(LegID)

    /// Let the leg be heard and hear, or not; a leg that nothing was said about does both.
    case setVoice(LegID, isMuted: Bool, isDeaf: Bool)
    /// Legs of a mix with the same number do not hear each other; for a leg that nothing was said about, no number is its
    /// own.
    case setGroup(LegID, UInt8)
    /// Play to one leg alone, in place of what is being played to it.
    case play(LegID, Announcement)
    /// Play to everybody in a mix.
    case playToMix(MixID, Announcement)

    /// Keep what the leg says from now on, three seconds at most, as its name; `legNamed` comes back.
    case recordName(LegID)
    /// The name was said.
    case endNameRecording(LegID)
    /// Nobody is to hear that name again, once what is being played is over.
    case forgetName(LegID)

    /// Write down what is heard in a mix; `recordingBegan` or `recordingEnded` comes back.
    case startRecording(RecordingID, RoomName, MixID)
    /// Write no more.
    case stopRecording(RecordingID)

    // MARK: State

    /// A room's state changed: documents, COIN and MUC presence follow.
    case roomChanged(RoomName, [RosterChange])
    /// A room is gone.
    case roomEnded(RoomName)
    /// An occupant of the MUC is in: it gets everyone's presence, then its own, history, subject, in that order.
    case welcome(RoomName, EndpointID, history: [ChatMessage], subject: Subject?, created: Bool)
    /// The occupant was put out by somebody; said before the `roomChanged` that tells of it (XEP-0045 section 8.2).
    case expelled(RoomName, occupant: PeerAddress, by: String?, reason: String?, MUCExit)
    /// Somebody who is not in is something else to the room now (XEP-0045 section 9.3).
    case affiliated(RoomName, PeerAddress, Affiliation)
    /// The owner changed the room (XEP-0045 section 10.2.1), and whether it is archived where that changed.
    case configured(RoomName, isArchived: Bool?)
    /// The room is at its end by its owner's word; said before it has ended (XEP-0045 section 10.9).
    case destroyed(RoomName, RoomDestruction)
    /// Somebody is invited by an occupant, or does not come.
    case invited(RoomName, MUCInvitation)
    case declined(RoomName, MUCInvitation)
    /// An attempt to enter the MUC, or to change the nick, was refused.
    case refuseEntry(MUCEntry, MUCRefusal)

    // MARK: Calls to numbers

    /// Too many calls of somebody's failed: for a while nothing is called for that one.
    case shutOut(Payer, FailureLimit)

    // MARK: Focus

    /// Tell who made a request how far it has come.
    case progress(RequestID, RequestProgress)

    /// What becomes of a group call of clients.
    case group(GroupCallID, GroupCallOrder)

    // MARK: Text

    /// Give a message to one endpoint.
    case deliver(ChatMessage, RoomName, EndpointID)
    /// Tell the sender what became of it. Comes after the `store` and `deliver` effects of the same message.
    case submitted(SubmissionID, SubmissionOutcome)
    /// Tell one endpoint that somebody writes, or has stopped.
    case composing(ComposingNotice, RoomName, EndpointID)
    /// Tell a sender, at one endpoint, what became of its message.
    case report(ReportNotice, RoomName, EndpointID)
    /// Hand somebody on the other side of the gateway a text, or a word about one; of a text `instantOutcome` comes back.
    case pass(InstantDelivery)
    /// Tell who wrote a text to the other side, after it was taken, that it could not be delivered.
    case undelivered(UndeliveredText)
    /// For the other end of a link of presence.
    case presence(PresenceLink, PresenceEvent)
    /// A new subject goes to every MUC occupant.
    case subjectChanged(RoomName, Subject)

    // MARK: Lines

    /// Keep an account registered, in the place of what that line was.
    case register(LineID, LineAccount)
    /// Take a registration back.
    case unregister(LineID)
    /// Tell who asked for an account what came of it.
    case accountAnswered(AccountRequestID, AccountOutcome)
    /// Tell an XMPP user how its own account stands.
    case lineState(PeerAddress, LineState)

    // MARK: Operator

    /// Tell whoever runs the server what became of a wish; comes after what it led to.
    case operated(OperatorRequestID, OperatorOutcome)

    // MARK: Storage

    /// To be durable before any later effect of the same list is carried out.
    case store(Record)
}
