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
