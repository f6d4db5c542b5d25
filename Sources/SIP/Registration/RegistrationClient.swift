public import Primitives

/// Keeps an address of ours registered at somebody's registrar (RFC 3261 section 10.2).
///
/// ```
/// waiting → resolving → registering → registered → registering …
///              any failure → waiting, longer each time (RFC 5626 section 4.5)
/// leave: → leaving → over
/// ```
/// A value: the owner carries out the actions it gives back and tells it what came of them.
public struct RegistrationClient: Sendable, Alarmed {
    public enum State: Hashable, Sendable { case waiting, resolving, registering, registered, leaving, over }

    public enum Action: Sendable {
        /// Look up where to send; answered by `resolved`.
        case resolve(SIPTargetSearch)
        /// Send `request(contact:)` there; answered by `answered` or `failed`.
        case send(SIPTarget)
        /// Something that keeps the way through a NAT open (RFC 5626 section 3.5).
        case keepAlive
        case report(Outcome)
    }

    public enum Outcome: Hashable, Sendable {
        case registered
        /// It is tried again in a while.
        case failed(String)
        /// It is not tried again for long: a wrong password, or no such account.
        case refused(String)
        case removed
    }

    /// Seconds that are asked for, and most that are taken from an answer or a 423.
    static let asked: UInt32 = 600
    static let longest: UInt32 = 86_400
    /// However short a time is granted, refreshing waits for this.
    static let shortest: UInt32 = 30
    /// After a failure (RFC 5626 section 4.5), and after a refusal.
    static let backoff = (base: Int64(30), most: Int64(1800))
    static let refusalRest: Int64 = 3600
    /// Most challenges, and most longer times, that are answered before a REGISTER counts as failed.
    static let mostRounds = 3

    public let account: RegistrationAccount
    public private(set) var state = State.waiting
    /// Where it was last sent, while that is good.
    public private(set) var target: SIPTarget?
    /// Our address as the registrar sees it over UDP (RFC 3581), where it is another than we said.
    public private(set) var mapping: SocketAddress?
    /// Whether the registrar there has taken the registration.
    public private(set) var isRegistered = false
    private let hashing: Hashing
    private let entropy: Entropy
    private let supported: [SIPTransport]
    private let callID: String
    private let tag: String
    private var sequence: UInt32 = 0
    private var targets: [SIPTarget] = []
    private var digest: DigestClient?
    /// Whether the credentials answer a challenge to this very REGISTER, not to an earlier one.
    private var isAnswering = false
    private var rounds = 0
    private var seconds = RegistrationClient.asked
    private var failures = 0
    private var usedMapping: SocketAddress?
    /// Our Contact in the last REGISTER, and in the last one that was taken.
    private var contact: NameAddress?
    private var registered: NameAddress?
    private var hasRemapped = false
    private var wasSent = false
    private var due: Instant?
    private var keepAliveAt: Instant?

    /// - Parameter supported: the transports that can be used, best first.
    public init(
        _ account: RegistrationAccount, supported: [SIPTransport], hashing: Hashing, entropy: Entropy, start: Instant
    ) {
        self.account = account
        self.supported = supported
        self.hashing = hashing
        self.entropy = entropy
        callID = entropy.token(24)
        tag = entropy.token(10)
        due = start
    }

    /// When `wake` is next due.
    public var nextWake: Instant? { [due, keepAliveAt].compactMap(\.self).min() }

    /// Begins, refreshes or tries again, when it is time.
    public mutating func wake(at now: Instant) -> [Action] {
        var actions: [Action] = []
        if let at = keepAliveAt, at <= now {
            keepAliveAt = state == .registered ? now + .milliseconds(spread(20_000...29_000)) : nil
            if state == .registered { actions.append(.keepAlive) }
        }
        guard let at = due, at <= now else { return actions }
        due = nil
        guard state == .waiting || state == .registered else { return actions }
        rounds = 0
        isAnswering = false
        if let target {
            state = .registering
            return actions + [.send(target)]
        }
        state = .resolving
        let search = SIPTargetSearch(account.nextHop, supported: supported, entropy: entropy)
        guard search.question == nil else { return actions + [.resolve(search)] }
        return actions + resolved(search.targets, at: now)
    }

    /// Where the registrar may be reached, best first.
    public mutating func resolved(_ found: [SIPTarget], at now: Instant) -> [Action] {
        guard state == .resolving else { return [] }
        targets = found
        return next("\(account.nextHop.host) cannot be found", at: now)
    }

    /// The REGISTER to be sent now, with our credentials where they were asked for.
    /// - Parameter contact: where we are reached, as far as we know.
    public mutating func request(contact: NameAddress) -> SIPMessage {
        sequence = sequence < .max >> 1 ? sequence + 1 : 1
        var from = NameAddress(displayName: account.displayName, account.address)
        let to = from
        from.tag = tag
        var request = SIPMessage(
            .register, account.registrar, from: from, to: to, callID: callID, sequence: sequence)
        request.routes = account.route
        var contact = contact
        if let mapping, target?.transport == .udp {
            contact.uri.host = mapping.ip.description
            contact.uri.port = mapping.port
        }
        usedMapping = mapping
        self.contact = contact
        request.contacts = [contact]
        if var old = registered, old.uri != contact.uri {
            // Calls to where we are reached no more would only ring in vain.
            old.parameters["expires"] = "0"
            request.contacts.append(old)
        }
        request.set("Expires", String(state == .leaving ? 0 : seconds))
        digest?.sign(&request, hashing)
        wasSent = true
        return request
    }

    /// A final response to the last REGISTER.
    public mutating func answered(_ response: SIPMessage, contact user: String, at now: Instant) -> [Action] {
        guard state == .registering || state == .leaving, let status = response.status, status >= 200 else { return [] }
        learn(from: response)
        switch status {
        case 200..<300 where state == .leaving: return finish()
        case 200..<300: return accepted(response, user, at: now)
        case 401, 407:
            if let target, takes(response) { return [.send(target)] }
            return refused("the registrar does not take the name and password", at: now)
        case 423:
            guard let least = response.header("Min-Expires").flatMap({ UInt32($0) }), least > seconds,
                least <= RegistrationClient.longest, rounds < RegistrationClient.mostRounds, let target
            else { return failed("the registrar takes no time that we ask for", at: now) }
            rounds += 1
            seconds = least
            return [.send(target)]
        case 300..<400: return refused("the registrar is elsewhere, and redirects are not followed", at: now)
        case 403, 404, 410, 600..<700: return refused("\(status) \(words(of: response))", at: now)
        default:
            let rest = response.header("Retry-After").flatMap { Int64($0.prefix { $0.isASCII && $0.isNumber }) } ?? 0
            if status == 503, rest == 0, !targets.isEmpty { return next("503", at: now) }
            return failed("\(status) \(words(of: response))", rest: min(rest, 3600), at: now)
        }
    }

    /// The last REGISTER was not answered, or could not be sent.
    public mutating func failed(at now: Instant) -> [Action] {
        guard state == .registering || state == .leaving else { return [] }
        return next("\(account.nextHop.host) does not answer", at: now)
    }

    /// The connection by which we are reached was closed: a new one, soon, and not with all others at once.
    public mutating func connectionLost(at now: Instant) {
        guard state == .registered else { return }
        due = now + .milliseconds(spread(500...5_000))
    }

    /// Takes the registration back (RFC 3261 section 10.2.2).
    public mutating func leave(at now: Instant) -> [Action] {
        guard state != .leaving, state != .over else { return [] }
        due = nil
        keepAliveAt = nil
        guard let target, wasSent else { return finish() }
        state = .leaving
        isRegistered = false
        rounds = 0
        isAnswering = false
        targets = []
        return [.send(target)]
    }

    // MARK: Inside

    private mutating func accepted(_ response: SIPMessage, _ user: String, at now: Instant) -> [Action] {
        let all = response.contacts.filter { $0.uri.user == user }
        let ours = all.first { $0.uri.host == contact?.uri.host && $0.uri.port == contact?.uri.port } ?? all.first
        let granted = ours?.parameters["expires"].flatMap { UInt32($0) } ?? response.expires ?? seconds
        guard granted > 0 else { return failed("the registrar took it for no time at all", at: now) }
        state = .registered
        isRegistered = true
        registered = contact
        failures = 0
        let time = Int64(min(max(granted, RegistrationClient.shortest), RegistrationClient.longest))
        due = now + .milliseconds(spread(time * 750...time * 900))
        if target?.transport == .udp {
            if mapping == usedMapping {
                hasRemapped = false
            } else if !hasRemapped {
                // The Contact says where nobody reaches us. Where the next one is wrong again, the usual refresh mends it.
                hasRemapped = true
                due = now
            }
            if mapping != nil { keepAliveAt = now + .milliseconds(spread(20_000...29_000)) }
        }
        return [.report(.registered)]
    }

    /// Takes a challenge: the first to this REGISTER, and later ones as far as `DigestClient` goes.
    private mutating func takes(_ response: SIPMessage) -> Bool {
        guard rounds < RegistrationClient.mostRounds else { return false }
        rounds += 1
        if isAnswering, var client = digest {
            guard client.renew(by: response, after: 1) else { return false }
            digest = client
            return true
        }
        digest = DigestClient(answering: response, as: account.user, entropy: entropy)
        isAnswering = true
        return digest != nil
    }

    private mutating func next(_ failure: String, at now: Instant) -> [Action] {
        if state == .leaving { return finish() }
        guard !targets.isEmpty else { return failed(failure, at: now) }
        let next = targets.removeFirst()
        target = next
        isRegistered = false
        mapping = nil
        // Another registrar knows nothing of the nonces of the last one.
        digest = nil
        isAnswering = false
        rounds = 0
        state = .registering
        return [.send(next)]
    }

    private mutating func failed(_ text: String, rest: Int64 = 0, at now: Instant) -> [Action] {
        if state == .leaving { return finish() }
        let most = min(RegistrationClient.backoff.base << min(failures, 10), RegistrationClient.backoff.most)
        failures = min(failures + 1, 100)
        return pause(for: max(spread(most * 500...most * 1000), rest * 1000), .failed(text), at: now)
    }

    private mutating func refused(_ text: String, at now: Instant) -> [Action] {
        if state == .leaving { return finish() }
        let rest = RegistrationClient.refusalRest
        return pause(for: spread(rest * 800...rest * 1200), .refused(text), at: now)
    }

    private mutating func pause(for milliseconds: Int64, _ outcome: Outcome, at now: Instant) -> [Action] {
        state = .waiting
        isRegistered = false
        target = nil
        targets = []
        mapping = nil
        hasRemapped = false
        digest = nil
        seconds = RegistrationClient.asked
        keepAliveAt = nil
        due = now + .milliseconds(milliseconds)
        return [.report(outcome)]
    }

    private mutating func finish() -> [Action] {
        state = .over
        due = nil
        keepAliveAt = nil
        return [.report(.removed)]
    }

    /// Our address and port as they stand in the Via that comes back (RFC 3581 section 4).
    private mutating func learn(from response: SIPMessage) {
        guard target?.transport == .udp, let via = response.vias.first,
            let port = via.parameters["rport"].flatMap({ UInt16($0) }), port > 0
        else { return }
        let said = IPAddress(via.host)?.unmapped
        guard let ip = via.parameters["received"].flatMap({ IPAddress($0) })?.unmapped ?? said else { return }
        let seen = SocketAddress(ip, port)
        mapping = ip == said && port == via.port ?? 5060 ? nil : seen
    }

    /// The reason phrase, for people: a registrar's own words, but not many.
    private func words(of response: SIPMessage) -> String {
        let text = (response.reasonPhrase ?? "").unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }
        return String(String.UnicodeScalarView(text.prefix(80)))
    }

    private func spread(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(entropy.u32()) % (range.upperBound - range.lowerBound + 1)
    }
}
