public import MediaDescription
public import XMPP

/// One Jingle session (XEP-0166 section 5), as initiator or responder.
///
/// ```
/// pending → active   session-accept, sent or received
/// pending → ended    session-terminate, sent or received
/// active  → ended    session-terminate, sent or received
/// ```
///
/// It makes and takes `<jingle/>` elements; the IQs around them, their ids and their time-outs are its owner's.
public struct JingleSession: Sendable {
    public enum State: Sendable, Hashable { case pending, active, ended }

    /// What the peer did.
    public enum Event: Sendable, Hashable {
        /// The responder is alerted.
        case ringing
        /// The responder answered our offer.
        case accepted(SessionDescription)
        /// Which way audio flows now, as the peer sees it: hold, mute and content-modify together.
        case direction(StreamDirection)
        /// The peer's candidates for the audio, beyond those it described.
        case candidates([CandidateDescription])
        /// The peer begins ICE anew; to be answered with `answer`, once the session is accepted.
        case restarted(ICERestart)
        /// More candidates came than are taken; told once.
        case flooded
        /// A key of the telephone (XEP-0181).
        case key(Character)
        /// The peer wants to be replaced by somebody else (XEP-0251).
        case transfer(JingleTransfer)
        /// The session is over; nil when the peer gave no reason that we know.
        case ended(JingleReason?)
    }

    /// What follows from a request: its answer, which is to go first, then requests of ours, and what happened.
    public struct Outcome: Sendable, Hashable {
        /// Nil for a result.
        public var error: JingleError?
        public var requests: [JingleElement] = []
        public var events: [Event] = []
    }

    /// Candidates of one content, and the ufrag they belong to where that was told.
    struct Trickled: Sendable {
        let name: String
        let ufrag: String?
        let candidates: [CandidateDescription]
    }

    public let sid: String
    public let local: JID
    public let peer: JID
    /// Ours.
    public let role: Creator
    public internal(set) var state: State = .pending
    public internal(set) var localDescription: SessionDescription?
    public internal(set) var remoteDescription: SessionDescription?

    /// The content that was chosen where several are audio; nil for the first over ice-udp.
    public var audioName: String?

    var isHeld = false
    var isMuted = false
    /// As the peer sees it, by the descriptions and content-modify alone, without hold and mute.
    public internal(set) var describedDirection: StreamDirection = .sendrecv
    var reported: StreamDirection = .sendrecv
    /// Trickled before the session-accept they belong to.
    var early: [Trickled] = []
    var candidateCount = 0
    var isFlooded = false
    /// The peer's that an ICE restart has put an end to, the latest last.
    var formerUfrags: [String] = []
    /// How often ICE was begun anew, as our candidates tell it (XEP-0176 section 5.3).
    var generation = 0

    /// As initiator: the session, and its session-initiate.
    public static func initiate(
        sid: String, from local: JID, to peer: JID, offer: SessionDescription, payloads: [XMLElement] = []
    ) -> (session: JingleSession, request: JingleElement) {
        var session = JingleSession(sid: sid, local: local, peer: peer, role: .initiator)
        session.localDescription = offer
        let request = JingleElement(
            .sessionInitiate, sid: sid, initiator: local, groups: offer.groups,
            contents: JingleCodec.contents(of: offer, by: .initiator), payloads: payloads)
        return (session, request)
    }

    /// As responder: the session that a session-initiate asks for; throws what the request is to be refused with.
    /// The `initiator` attribute is ignored in favour of the sender (XEP-0166 section 7.1).
    public init(responding request: JingleElement, from peer: JID, to local: JID) throws(JingleError) {
        guard request.action == .sessionInitiate else { throw .outOfOrder }
        self.init(sid: request.sid, local: local, peer: peer, role: .responder)
        let offer = try JingleCodec.description(of: request, by: .initiator)
        remoteDescription = offer
        candidateCount = offer.contents.reduce(0) { $0 + $1.candidates.count }
        describedDirection = audio(in: offer)?.direction ?? .sendrecv
        reported = describedDirection
    }

    private init(sid: String, local: JID, peer: JID, role: Creator) {
        self.sid = sid
        self.local = local
        self.peer = peer
        self.role = role
    }

    // MARK: What we do

    /// As responder: the session-accept; nil when there is nothing to accept.
    public mutating func accept(_ answer: SessionDescription, payloads: [XMLElement] = []) -> JingleElement? {
        guard role == .responder, state == .pending else { return nil }
        state = .active
        localDescription = answer
        return JingleElement(
            .sessionAccept, sid: sid, responder: local, groups: answer.groups,
            contents: JingleCodec.contents(of: answer, by: .responder), payloads: payloads)
    }

    /// A session-info; nil when the session is over.
    public func inform(_ info: RTPInfo) -> JingleElement? {
        state == .ended ? nil : JingleElement(.sessionInfo, sid: sid, payloads: [info.xml])
    }

    /// A key of the telephone (XEP-0181); nil when the session is over.
    public func inform(key: Character) -> JingleElement? {
        guard state != .ended else { return nil }
        let payload = XMLElement("dtmf", JingleNamespace.dtmf, ["code": String(key), "duration": "160"])
        return JingleElement(.sessionInfo, sid: sid, payloads: [payload])
    }

    /// The session-terminate; nil when the session is over already.
    public mutating func terminate(_ reason: JingleReason) -> JingleElement? {
        guard state != .ended else { return nil }
        state = .ended
        return JingleElement(.sessionTerminate, sid: sid, reason: reason)
    }

    /// The peer's audio, which the session is about: the first content of that kind over ice-udp; nil before it
    /// described any.
    public var audio: ContentDescription? { audio(in: remoteDescription) }

    /// Which way audio flows, as the peer sees it.
    public var direction: StreamDirection {
        StreamDirection(sends: describedDirection.sends && !isMuted, receives: describedDirection.receives && !isHeld)
    }

    func audio(in description: SessionDescription?) -> ContentDescription? {
        description?.contents.first { $0.kind == .audio && $0.ice != nil && (audioName ?? $0.name) == $0.name }
    }
}
