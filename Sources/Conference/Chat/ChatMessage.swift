public import Primitives

/// A message as everyone gets it.
public struct ChatMessage: Sendable, Hashable, Identifiable {
    public enum Audience: Sendable, Hashable {
        case everyone
        /// Private to one participant, by name at the time of sending.
        case one(String)
    }

    /// Unique, given by the domain: XEP-0359 stanza-id, IMDN Message-ID, key of the history.
    public let id: String
    public var sender: PeerAddress
    /// The sender's name in the room at the time of sending.
    public var senderName: String
    public var audience: Audience
    public var body: String
    /// The sender's own id for it, when it gave one.
    public var clientID: String?
    public var time: WallTime
    /// What the sender wants to hear from who reads it.
    public var wanted: WantedReports = []
    /// What the sender wrote on the outside; not stored.
    public var envelope = MessageEnvelope()
    /// What XMPP carries beside the body, as XML; the domain does not look at it.
    public var payload = ""
    /// What is shown to who sees text alone; not stored.
    public var plain = PlainForm.body
    /// The earlier message of the same sender that this one takes the place of; not stored.
    public var corrects: String?

    public init(
        id: String, sender: PeerAddress, senderName: String, audience: Audience, body: String, clientID: String?,
        time: WallTime
    ) {
        self.id = id
        self.sender = sender
        self.senderName = senderName
        self.audience = audience
        self.body = body
        self.clientID = clientID
        self.time = time
    }
}
