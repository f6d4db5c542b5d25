public import Primitives
public import XMPP

/// Asks an XMPP server for STUN and TURN servers and for credentials (XEP-0215), and again before those end.
///
/// A value without I/O: `receive` sees each stanza first, what `drain()` gives goes on the stream of its `from`'s domain.
public struct ExternalServices: Sendable {
    /// Services kept.
    public static let most = 16

    /// As last told; those whose credentials are over are not among them.
    public private(set) var services: [ExternalService] = []

    private let server: JID
    private let own: JID
    private let entropy: Entropy
    private var question: (id: String, until: Instant)?
    private var due: Instant?
    private var outbox: [XMLElement] = []
    private var notices: [XMPPNotice] = []
    private var hasChanged = false
    private var wasRefused = false

    /// - Parameters:
    ///   - server: whom to ask.
    ///   - own: a component's domain, as which we ask.
    public init(server: JID, as own: JID, entropy: Entropy) {
        self.server = server
        self.own = own
        self.entropy = entropy
    }

    public var nextWake: Instant? { [question?.until, due].compactMap(\.self).min() }

    /// The stream of our domain is up: asks.
    public mutating func ready(_ domain: String, now: Instant) {
        if domain == own.domain { ask(now) }
    }

    public mutating func wake(now: Instant, wall: WallTime) {
        let valid = services.filter { service in service.expires.map { $0 > wall } ?? true }
        if valid.count != services.count { change(to: valid) }
        if let question, question.until <= now {
            self.question = nil
            due = now + .seconds(60)
        }
        if let due, due <= now { ask(now) }
    }

    /// - Returns: whether the stanza was for this: an answer, or a push (XEP-0215 section 3.3).
    public mutating func receive(_ stanza: XMLElement, now: Instant, wall: WallTime) -> Bool {
        guard stanza.isIQ, stanza.from == server, stanza.to == own else { return false }
        if stanza.isIQReply {
            guard let question, stanza.id == question.id else { return false }
            self.question = nil
            answered(stanza, now, wall)
            return true
        }
        guard stanza.type == "set", let push = stanza.payload, push.matches("services", Namespace.externalServices)
        else { return false }
        outbox.append(stanza.result())
        pushed(push, now, wall)
        return true
    }

    public mutating func drain() -> [XMLElement] {
        defer { outbox = [] }
        return outbox
    }

    public mutating func drainNotices() -> [XMPPNotice] {
        defer { notices = [] }
        return notices
    }

    /// Whether `services` changed since the last call.
    public mutating func takeChange() -> Bool {
        defer { hasChanged = false }
        return hasChanged
    }

    private mutating func ask(_ now: Instant) {
        due = nil
        let id = "extdisco-\(entropy.token(12))"
        question = (id, now + .seconds(30))
        outbox.append(
            .iq(from: own, to: server, type: "get", id: id) { XMLElement("services", Namespace.externalServices) })
    }

    private mutating func answered(_ reply: XMLElement, _ now: Instant, _ wall: WallTime) {
        guard reply.type == "result", let list = reply.child("services", Namespace.externalServices) else {
            if !wasRefused {
                let why = reply.child("error", Namespace.client)?.elements.first?.name ?? "no list"
                notices.append(
                    XMPPNotice(.warning, "\(server) does not tell \(own) its STUN and TURN servers (XEP-0215): \(why)"))
            }
            wasRefused = true
            due = now + .seconds(300)
            return
        }
        wasRefused = false
        change(to: Array(list.elements.compactMap(ExternalService.init).prefix(Self.most)))
        schedule(now, wall)
    }

    private mutating func pushed(_ push: XMLElement, _ now: Instant, _ wall: WallTime) {
        var known = services
        for element in push.elements.prefix(Self.most) {
            guard let service = ExternalService(element) else { continue }
            known.removeAll { $0.isSame(service) }
            let isGone = element["action"] == "delete" || element["action"] == "remove"
            if !isGone, known.count < Self.most { known.append(service) }
        }
        change(to: known)
        schedule(now, wall)
    }

    /// Again when three quarters of the shortest time are over; hourly where nothing ends.
    private mutating func schedule(_ now: Instant, _ wall: WallTime) {
        let left = services.compactMap(\.expires).map { $0.milliseconds - wall.milliseconds }.min() ?? 4 * 3_600_000 / 3
        let wait = min(max(left / 4 * 3, 10_000), 6 * 3_600_000)
        due = now + .milliseconds(wait)
    }

    private mutating func change(to new: [ExternalService]) {
        guard new != services else { return }
        services = new
        hasChanged = true
    }
}
