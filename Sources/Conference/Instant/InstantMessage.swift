/// A text from one person to another across the gateway, or a word about one (RFC 7572, RFC 7573).
public struct InstantMessage: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case text(InstantText)
        /// The sender writes, or has stopped (RFC 3994, XEP-0085), and after how long without another word it has.
        case composing(isActive: Bool, lasts: Duration)
        /// What became of a text, by the id under which the reporter knows it (RFC 5438, XEP-0184, XEP-0333).
        case report(MessageStatus, of: String)
    }

    /// By which the sender's side knows a text until it is answered with `submitted`.
    public var id: SubmissionID
    /// Full address, on the sender's own network.
    public var sender: PeerAddress
    public var displayName: String?
    /// As addressed.
    public var recipient: PeerAddress
    public var content: Content
    /// The bridged call in which it was said.
    public var leg: LegID?
    /// Whether the sender has proven on the SIP side who it is.
    public var isAuthenticated = false
    /// The host that it came from; nil where servers prove addresses.
    public var origin: String?
    /// The account of ours elsewhere to which it was sent.
    public var line: LineID?

    public init(id: SubmissionID, from sender: PeerAddress, to recipient: PeerAddress, _ content: Content) {
        self.id = id
        self.sender = sender
        self.recipient = recipient
        self.content = content
    }
}

/// What is written, and on its outside (RFC 7572 sections 4 and 5).
public struct InstantText: Sendable, Hashable {
    public var body: String
    /// The sender's own id, and what it wants to hear under it.
    public var clientID: String?
    public var wanted: WantedReports = []
    public var subject: String?
    /// The conversation: `<thread/>`, Call-ID.
    public var thread: String?
    /// A tag of RFC 5646: `xml:lang`, Content-Language.
    public var language: String?

    public init(_ body: String, clientID: String? = nil) {
        self.body = body
        self.clientID = clientID
    }
}

/// What is to be handed to somebody on the other side.
public struct InstantDelivery: Sendable, Hashable {
    /// Of texts: unique, given by the domain; by it the outcome and the recipient's reports are told.
    public var id: String
    /// Where it goes: bare for texts, the very device for what is said about its own.
    public var target: PeerAddress
    /// Who writes, as seen from there.
    public var sender: PeerAddress
    public var displayName: String?
    /// The bridged call that the two have, on the target's side.
    public var leg: LegID?
    /// To phones: how it gets there where no call takes it; nil where nothing leads there.
    public var way: Way?
    public var content: InstantMessage.Content

    /// A way to a phone outside of any call.
    public struct Way: Sendable, Hashable {
        /// The address as it is written there.
        public var target: PeerAddress
        /// By which trunk, or with which account; nil straight to the target's host.
        public var trunk: TrunkCall?
        public var line: LineID?
    }
}

/// What became of a delivery.
public enum InstantOutcome: Sendable, Hashable {
    /// The other side has it: 202, or 200 from who will tell more.
    case passed
    /// The device itself has it, and will not say so another time.
    case delivered
    case failed(DeliveryFailure)
}

/// A text that could not be delivered after it was taken, for who wrote it.
public struct UndeliveredText: Sendable, Hashable {
    /// The full address of who wrote it, and whom it was written to as addressed.
    public var sender: PeerAddress
    public var recipient: PeerAddress
    public var clientID: String?
    public var failure: DeliveryFailure

    public init(sender: PeerAddress, recipient: PeerAddress, clientID: String?, failure: DeliveryFailure) {
        self.sender = sender
        self.recipient = recipient
        self.clientID = clientID
        self.failure = failure
    }
}

/// Why something was not delivered: the conditions of RFC 6120 section 8.3.3, of which SIP's status codes are a codec
/// (RFC 7247 section 7).
public enum DeliveryFailure: String, Error, Sendable, Hashable, CaseIterable {
    case badRequest = "bad-request"
    case conflict
    case featureNotImplemented = "feature-not-implemented"
    case forbidden
    case gone
    case internalServerError = "internal-server-error"
    case itemNotFound = "item-not-found"
    case jidMalformed = "jid-malformed"
    case notAcceptable = "not-acceptable"
    case notAllowed = "not-allowed"
    case notAuthorized = "not-authorized"
    case policyViolation = "policy-violation"
    case recipientUnavailable = "recipient-unavailable"
    case redirect
    case registrationRequired = "registration-required"
    case remoteServerNotFound = "remote-server-not-found"
    case remoteServerTimeout = "remote-server-timeout"
    case resourceConstraint = "resource-constraint"
    case serviceUnavailable = "service-unavailable"
    case subscriptionRequired = "subscription-required"
    case undefinedCondition = "undefined-condition"
    case unexpectedRequest = "unexpected-request"

    /// For people.
    public var words: String {
        switch self {
        case .forbidden, .notAllowed, .notAuthorized, .registrationRequired, .subscriptionRequired:
            "Messages may not be sent there."
        case .gone, .itemNotFound, .jidMalformed, .redirect: "There is nobody at that address."
        case .featureNotImplemented, .notAcceptable, .serviceUnavailable: "The other side takes no such messages."
        case .policyViolation: "The message is too long for the way there, or not wanted."
        case .recipientUnavailable: "The other side cannot be reached now."
        case .remoteServerNotFound, .remoteServerTimeout: "There is no answer from the other side."
        case .badRequest, .conflict, .internalServerError, .resourceConstraint, .undefinedCondition,
            .unexpectedRequest:
            "The message could not be delivered."
        }
    }
}
