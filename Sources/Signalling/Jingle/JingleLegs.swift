public import Conference
import Jingle
import MediaDescription
public import Primitives
public import XMPP

/// The calls over Jingle: XEP-0353 and XEP-0166 on one side, the domain's commands and effects on the other.
///
/// A caller's `propose` becomes an offered leg. Unless the domain ends it in the same turn, `proceed` follows (with the
/// effects, or at the next `wake`, which is due at once), so that the caller's session-initiate comes early, and the
/// session-accept waits for `Effect.accept`. A session-initiate without a proposal is a leg likewise.
///
/// Video that is offered is never taken and never costs the call its audio. Where the offer bundles it with the audio,
/// it is answered as inactive on the audio's transport: Conversations ends a call whose accept has fewer media than its
/// initiate, and browsers need an answer to each of their m-lines. Otherwise it is left out of the accept.
/// A content-add is rejected.
public struct JingleLegs {
    let configuration: JingleLegsConfiguration
    let media: any MediaService
    let entropy: Entropy

    var ids = LegIDs(.jingle)
    var legs = AlarmTable<LegID, JingleLeg>()
    var bySID: [String: LegID] = [:]
    var requests = AlarmTable<String, JingleRequest>()
    var recent = RecentSessions()
    var outbox: [XMLElement] = []
    /// Legs that look for devices, and what those are asked.
    var searching: Set<LegID> = []
    var existence = Existence()
    var questions = IQRequests<DeviceQuestion>()
    var notices: [XMPPNotice] = []
    /// The group call that the stanza at hand is about.
    var group: JingleGroup?

    /// - Parameter media: opens ports and agents for the legs; shared with the SIP side.
    public init(configuration: JingleLegsConfiguration, media: any MediaService, entropy: Entropy) {
        self.configuration = configuration
        self.media = media
        self.entropy = entropy
    }

    /// Whether a stanza is for `receive`: a Jingle request or a JMI message to one of our two domains, an answer to one
    /// of our requests, a bounce of one of our JMI messages.
    public func handles(_ stanza: XMLElement) -> Bool {
        switch (stanza.name, stanza["type"]) {
        case ("iq", "set"): stanza.child("jingle", Namespace.jingle) != nil && isOurs(stanza["to"])
        case ("iq", "result"), ("iq", "error"):
            stanza["id"].map { requests[$0] != nil || $0.hasPrefix(JingleLegs.questionPrefix) } ?? false
        case ("message", "groupchat"): false
        case ("message", "error"): bounced(stanza) != nil || JMIMessage.element(in: stanza) != nil
        case ("message", _): JMIMessage.element(in: stanza) != nil && isOurs(stanza["to"])
        default: false
        }
    }

    /// Takes a stanza that `handles` claimed.
    public mutating func receive(_ stanza: XMLElement, now: Instant) -> [Command] {
        switch (stanza.name, stanza["type"]) {
        case ("iq", "set"): receiveRequest(stanza, now: now)
        case ("iq", _): receiveResponse(stanza, now: now)
        case ("message", "error"): receiveBounce(stanza, now: now)
        case ("message", _): receiveMessage(stanza, now: now)
        default: []
        }
    }

    /// Carries out an effect on one of our legs; others, and what is not about calls, change nothing.
    public mutating func perform(_ effect: Effect, now: Instant) -> [Command] {
        switch effect {
        case .ring(let leg): ring(leg, now: now)
        case .accept(let leg): return accept(leg, now: now)
        case .dial(let leg, let call) where call.target.network == .xmpp: return dial(leg, call, now: now)
        case .end(let leg, let reason): end(leg, reason, now: now)
        case .setDirection(let leg, let direction): setDirection(leg, direction, now: now)
        case .sendKey(let leg, let key): sendKey(leg, key, now: now)
        case .setFocus(let leg, let room): legs[leg]?.isFocus = room != nil
        default: break
        }
        return []
    }

    /// The media side gave a leg up: the peer is told, and the domain.
    public mutating func mediaFailed(_ leg: LegID, _ reason: EndReason, now: Instant) -> [Command] {
        guard let found = legs[leg], !found.isRefused else { return [] }
        end(leg, reason, now: now)
        return [.legEnded(leg, reason)]
    }

    /// Does what is due.
    public mutating func wake(now: Instant) -> [Command] {
        var commands: [Command] = []
        for id in legs.takeDue(by: now).sorted() {
            if let leg = legs[id] { commands += expired(leg, now: now) }
            legs.arm(id)
        }
        for id in requests.takeDue(by: now).sorted() {
            if let request = requests.removeValue(forKey: id) { commands += unanswered(request, now: now) }
        }
        _ = questions.expire(now: now)
        return commands
    }

    /// When `wake` is next needed; may be early, never late.
    public var nextWake: Instant? { [legs.nextWake, requests.nextWake, questions.nextWake].compactMap { $0 }.min() }

    /// What is to be sent, in order.
    public mutating func drain() -> [XMLElement] {
        defer { outbox = [] }
        return outbox
    }

    /// The call that a device has with one of our addresses; the last one that it does not hold.
    func leg(of device: JID, with ours: JID) -> LegID? {
        var best: JingleLeg?
        for leg in legs.values.values where leg.isActive && leg.peer == device && leg.local.bare == ours.bare {
            let isHeld = leg.session?.direction != .sendrecv
            if let best, isHeld != (best.session?.direction != .sendrecv) ? isHeld : leg.id < best.id { continue }
            best = leg
        }
        return best?.id
    }

    /// The Jingle session of a leg, once it has one: for COIN and for text to the device that calls.
    public func session(of leg: LegID) -> (peer: JID, local: JID, sid: String)? {
        guard let leg = legs[leg], !leg.isRefused, leg.session != nil else { return nil }
        return (leg.peer, leg.local, leg.sid)
    }
}
