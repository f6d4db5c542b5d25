public import MediaDescription
public import XMPP

/// One proposed session (XEP-0353 version 0.8.0), as caller or callee: what is said before and after Jingle.
///
/// ```
/// caller:  proposed → proceeded (first proceed) → ended (retract, reject, finish)
/// callee:  proposed → proceeded (our proceed)   → ended (reject, retract, finish)
/// ```
public struct JMISession: Sendable {
    public enum Role: Sendable, Hashable { case caller, callee }
    public enum State: Sendable, Hashable { case proposed, proceeded, ended }

    /// What the other side did.
    public enum Event: Sendable, Hashable {
        /// A device of the callee is alerted.
        case ringing
        /// A device of the callee takes the call; the Jingle session goes to this full JID.
        case proceed(JID)
        /// The session will not be, or is over, and the other side says so.
        case ended(JingleReason?)
    }

    /// What follows from a message: stanzas to send, and what happened.
    public struct Outcome: Sendable, Hashable {
        public var stanzas: [XMLElement] = []
        public var event: Event?
    }

    /// Also the sid of the Jingle session.
    public let id: String
    public let role: Role
    /// Our full JID.
    public let local: JID
    /// The caller's full JID; the callee's bare JID until a device of it proceeds, then that.
    public private(set) var peer: JID
    public private(set) var state: State = .proposed
    /// Whether `ringing` was sent or seen.
    public private(set) var isRinging = false

    /// As caller: the session, and the `propose` to the callee's bare JID (section 3.1).
    public static func propose(
        id: String, from local: JID, to peer: JID, media: [MediaKind]
    ) -> (session: JMISession, stanza: XMLElement) {
        let session = JMISession(id: id, role: .caller, local: local, peer: peer.bare)
        return (session, session.stanza(JMIMessage(.propose(media), id: id)))
    }

    /// As callee: the session that somebody proposes.
    public init(proposedBy peer: JID, id: String, to local: JID) {
        self.init(id: id, role: .callee, local: local, peer: peer)
    }

    private init(id: String, role: Role, local: JID, peer: JID) {
        self.id = id
        self.role = role
        self.local = local
        self.peer = peer
    }

    // MARK: What we do

    /// As callee: tells the caller, once, that we are alerted (section 3.2).
    public mutating func ring() -> XMLElement? {
        guard role == .callee, state == .proposed, !isRinging else { return nil }
        isRinging = true
        return stanza(JMIMessage(.ringing, id: id))
    }

    /// As callee: takes the session; the caller is to initiate it (section 3.4).
    public mutating func proceed() -> XMLElement? {
        guard role == .callee, state == .proposed else { return nil }
        state = .proceeded
        return stanza(JMIMessage(.proceed, id: id))
    }

    /// As callee: refuses the session, before it proceeded (section 3.5).
    public mutating func reject(_ reason: JingleReason, isTieBreak: Bool = false) -> XMLElement? {
        guard role == .callee, state == .proposed else { return nil }
        state = .ended
        return stanza(JMIMessage(.reject, id: id, reason: reason, isTieBreak: isTieBreak))
    }

    /// As caller: takes the proposal back, before it proceeded (section 3.3).
    public mutating func retract(_ reason: JingleReason, isTieBreak: Bool = false) -> XMLElement? {
        guard role == .caller, state == .proposed else { return nil }
        state = .ended
        return stanza(JMIMessage(.retract, id: id, reason: reason, isTieBreak: isTieBreak))
    }

    /// Says that the session that proceeded is over (section 3.7).
    public mutating func finish(_ reason: JingleReason) -> XMLElement? {
        guard state == .proceeded else { return nil }
        state = .ended
        return stanza(JMIMessage(.finish, id: id, reason: reason))
    }

    // MARK: What the other side does

    /// Takes a message about this session; ones from anybody else change nothing.
    public mutating func receive(_ message: JMIMessage, from sender: JID) -> Outcome {
        guard message.id == id, state != .ended, sender.bare == peer.bare else { return Outcome() }
        switch (message.kind, role) {
        case (.ringing, .caller) where state == .proposed && !isRinging:
            isRinging = true
            return Outcome(event: .ringing)
        case (.proceed, .caller) where sender.isFull:
            return proceeded(sender)
        case (.reject, .caller) where state == .proposed || sender == peer:
            state = .ended
            return Outcome(event: .ended(message.reason))
        case (.retract, .callee) where sender == peer:
            state = .ended
            return Outcome(event: .ended(message.reason))
        case (.finish, _) where state == .proceeded && sender == peer:
            state = .ended
            return Outcome(event: .ended(message.reason))
        default:
            return Outcome()
        }
    }

    /// The first device to proceed has the session; another one that thinks it has gets a `retract` of its own, kept
    /// from the first by XEP-0280's `<private/>`.
    private mutating func proceeded(_ sender: JID) -> Outcome {
        guard state == .proposed else {
            guard sender != peer else { return Outcome() }
            let retract = JMIMessage(.retract, id: id, reason: JingleReason(.cancel)).stanza(from: local, to: sender)
            return Outcome(stanzas: [retract.appending(XMLElement("private", "urn:xmpp:carbons:2"))])
        }
        state = .proceeded
        peer = sender
        return Outcome(event: .proceed(sender))
    }

    private func stanza(_ message: JMIMessage) -> XMLElement { message.stanza(from: local, to: peer) }
}
