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

/// A call that arrives.
public struct IncomingCall: Sendable, Hashable {
    /// The full address: Contact-less SIP identity, or full JID.
    public var caller: PeerAddress
    /// The caller's own display name or nick, when given.
    public var displayName: String?
    /// What was dialled, as dialled.
    public var callee: PeerAddress
    /// Whether text can be delivered to this leg (`Allow: MESSAGE`; always so for XMPP).
    public var takesText: Bool
    /// Whether the caller has proven on the SIP side who it is, or somebody who is trusted vouches for it.
    public var isAuthenticated = false
    /// The host that the call came from; nil where servers prove addresses.
    public var origin: String?
    /// Whether the room was made for this call.
    public var isMaker = false
    /// The call in a room that this one is to take the place of (RFC 3891).
    public var replaces: LegID?
    /// Who referred the caller, as the caller says (RFC 3892).
    public var referredBy: PeerAddress?
    /// The group call that the caller belongs to.
    public var group: GroupCallID?
    /// The account of ours elsewhere by which it comes; its registrar has let the call pass.
    public var line: LineID?
    /// From whom it was sent on (RFC 5806).
    public var diversions: [PeerAddress] = []
    /// How many more hops it may take (Max-Forwards); nil where the network does not count them.
    public var hops: Int?
    /// Languages that the caller reads, the best first, as tags (RFC 5646).
    public var languages: [String] = []

    public init(caller: PeerAddress, displayName: String?, callee: PeerAddress, takesText: Bool) {
        self.caller = caller
        self.displayName = displayName
        self.callee = callee
        self.takesText = takesText
    }
}

/// Presence to a room's MUC side.
public struct MUCEntry: Sendable, Hashable {
    public var room: RoomName
    /// The client's full JID.
    public var occupant: PeerAddress
    public var nick: String
    /// `<show/>` and `<status/>` of the presence, relayed to the others.
    public var show: String?
    public var status: String?
    /// Whether `<x xmlns='…/muc'/>` was there: joining, or joining again after losing track.
    public var isJoin: Bool
    /// Upper limits on the history to be sent (XEP-0045 section 7.2.13); nil where not given.
    public var maxHistoryMessages: Int?
    /// What the room's PIN is compared with (XEP-0045 section 7.2.5).
    public var password: String?

    public init(
        room: RoomName, occupant: PeerAddress, nick: String, show: String? = nil, status: String? = nil,
        isJoin: Bool, maxHistoryMessages: Int? = nil, password: String? = nil
    ) {
        self.room = room
        self.occupant = occupant
        self.nick = nick
        self.show = show
        self.status = status
        self.isJoin = isJoin
        self.maxHistoryMessages = maxHistoryMessages
        self.password = password
    }
}

/// A text handed in by somebody.
public struct Submission: Sendable, Hashable {
    public enum Audience: Hashable, Sendable {
        case everyone
        /// The participant of that name (nick, `gr`, CPIM display name).
        case named(String)
        /// The participant with that bare address (CPIM `To` with a participant's own URI).
        case address(PeerAddress)
    }

    public var id: SubmissionID
    public var room: RoomName
    /// Full address of the sender.
    public var sender: PeerAddress
    /// The sending leg, when the text came inside a dialog, or from where the call is.
    public var leg: LegID?
    /// Whether the sender has proven on the SIP side who it is, where it writes beside its call.
    public var isAuthenticated = false
    /// The host that it came from; nil where servers prove addresses.
    public var origin: String?
    /// By which door it came; decides whether and how the sender sees it reflected.
    public var via: TextPath
    public var audience: Audience
    public var body: String
    /// The sender's own message id, kept for reflection and receipts.
    public var clientID: String?
    /// What the sender wants to hear of it, under its own id.
    public var wanted: WantedReports = []
    /// What it wrote on the outside.
    public var envelope = MessageEnvelope()
    /// What XMPP carries beside the body, as XML.
    public var payload = ""
    /// The earlier message of its own that it takes back by this one.
    public var retraction: Retraction?
    /// What is shown to who sees text alone.
    public var plain = PlainForm.body
    /// The earlier message that this one takes the place of, as everybody knows it.
    public var corrects: String?
    /// Whether it is for the moment alone: neither kept nor repeated to who comes later.
    public var isTransient = false

    public init(
        id: SubmissionID, room: RoomName, sender: PeerAddress, leg: LegID? = nil, via: TextPath,
        audience: Audience, body: String, clientID: String? = nil
    ) {
        self.id = id
        self.room = room
        self.sender = sender
        self.leg = leg
        self.via = via
        self.audience = audience
        self.body = body
        self.clientID = clientID
    }
}

extension Submission {
    /// Who asks for what is written in it.
    var requester: Requester {
        leg.map(Requester.leg) ?? .claimant(Claimant(sender, isProven: isAuthenticated, origin: origin))
    }
}

/// The door by which text comes or goes.
public enum TextPath: Hashable, Sendable {
    /// SIP MESSAGE.
    case sip
    /// XMPP `type='chat'` with the talk JID.
    case talk
    /// The room's MUC.
    case muc
}
