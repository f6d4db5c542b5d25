public import Primitives

/// The timer of one session (RFC 4028): who refreshes it, and when it is over without.
///
/// A value: each refresh that was answered makes a new one; the owner wakes it, and sends what it asks for.
public struct SessionTimer: Hashable, Sendable {
    public enum Refresher: String, Hashable, Sendable { case uac, uas }

    /// What we ask for, and the least that we take.
    public struct Policy: Hashable, Sendable {
        /// Seconds between refreshes, twice.
        public var interval: UInt32
        /// Seconds; an interval below it is refused with 422.
        public var minimum: UInt32

        public init(interval: UInt32 = 1800, minimum: UInt32 = 90) {
            self.minimum = max(1, minimum)
            self.interval = max(interval, self.minimum)
        }
    }

    public enum Action: Hashable, Sendable {
        /// Time for our UPDATE or re-INVITE.
        case refresh
        /// The peer's refresh did not come: BYE.
        case expire
    }

    /// Seconds, as negotiated.
    public let interval: UInt32
    /// Whether we refresh.
    public let isOurs: Bool
    private var due: Instant?
    /// 32 seconds, or a third, before the end (RFC 4028 section 10).
    private let last: Instant

    public init(interval: UInt32, isOurs: Bool, at now: Instant) {
        self.interval = interval
        self.isOurs = isOurs
        let seconds = Int64(interval)
        last = now + .seconds(max(1, seconds - min(32, seconds / 3)))
        due = isOurs ? now + .seconds(max(1, seconds / 2)) : last
    }

    public var nextWake: Instant? { due }

    /// Our refresh was refused for a reason that does not end the session (RFC 4028 section 10): it is tried again after
    /// that time, and once more before the end. Whoever knows timers hangs up then; for others a new interval begins.
    public mutating func postpone(by pause: Duration, at now: Instant) {
        guard isOurs, due == nil else { return }
        guard now < last else {
            self = SessionTimer(interval: interval, isOurs: true, at: now)
            return
        }
        due = min(now + pause, last)
    }

    /// Halfway we refresh; the peer's refresh is missed 32 seconds, or a third, before the end (RFC 4028 section 10).
    public mutating func wake(at now: Instant) -> Action? {
        guard let due, due <= now else { return nil }
        self.due = nil
        return isOurs ? .refresh : .expire
    }

    // MARK: Answering

    /// What an INVITE or UPDATE of the peer's settles.
    public struct Answer: Hashable, Sendable {
        public let timer: SessionTimer
        /// For the 2xx.
        public let headers: [SIPHeader]
    }

    /// Too short for us: 422 with Min-SE.
    public struct TooSmall: Error, Hashable, Sendable {
        public let minimum: UInt32
        public var header: SIPHeader { SIPHeader("Min-SE", String(minimum)) }
    }

    /// Answers a session refresh request (RFC 4028 section 9). A peer that knows timers refreshes, unless it wants us to;
    /// for one that does not we refresh.
    public static func answer(
        _ request: SIPMessage, _ policy: Policy, at now: Instant
    ) throws(TooSmall) -> Answer {
        let isKnown = request.supported.contains("timer") || request.require.contains("timer")
        let wanted = request.sessionExpires
        let least = max(request.minimumSession ?? 0, policy.minimum)
        if let wanted, wanted.interval < policy.minimum, isKnown { throw TooSmall(minimum: policy.minimum) }
        let interval = max(least, min(wanted?.interval ?? policy.interval, max(policy.interval, least)))
        let refresher: Refresher = isKnown ? wanted?.refresher ?? .uac : .uas
        var headers = [SIPHeader("Session-Expires", "\(interval);refresher=\(refresher.rawValue)")]
        if refresher == .uac { headers.append(SIPHeader("Require", "timer")) }
        return Answer(
            timer: SessionTimer(interval: interval, isOurs: refresher == .uas, at: now), headers: headers)
    }

    // MARK: Asking

    /// For a session refresh request of ours (RFC 4028 section 7.1).
    public static func headers(
        asking policy: Policy, refresher: Refresher? = nil
    ) -> [SIPHeader] {
        let role = refresher.map { ";refresher=\($0.rawValue)" } ?? ""
        return [
            SIPHeader("Session-Expires", "\(policy.interval)\(role)"), SIPHeader("Min-SE", String(policy.minimum)),
        ]
    }

    /// What the 2xx to a request of ours settles (RFC 4028 section 7.2). A peer that says nothing knows no timers: we go on
    /// refreshing, as that shows whether it is there.
    public init(asked policy: Policy, answer response: SIPMessage, at now: Instant) {
        guard let settled = response.sessionExpires else {
            self.init(interval: policy.interval, isOurs: true, at: now)
            return
        }
        self.init(interval: max(settled.interval, 1), isOurs: settled.refresher != .uas, at: now)
    }

    /// What is to be asked for after a 422 (RFC 4028 section 7.4); nil when it names nothing longer.
    public static func policy(_ policy: Policy, after refusal: SIPMessage) -> Policy? {
        guard let minimum = refusal.minimumSession, minimum > policy.minimum, minimum <= 86_400 else { return nil }
        return Policy(interval: max(policy.interval, minimum), minimum: minimum)
    }
}

extension SIPMessage {
    /// Session-Expires (RFC 4028 section 4).
    public var sessionExpires: (interval: UInt32, refresher: SessionTimer.Refresher?)? {
        guard let value = header("Session-Expires").map(ParameterizedValue.init(parsing:)),
            let interval = UInt32(value.value)
        else { return nil }
        let role = value.parameters["refresher"]?.lowercased()
        return (min(interval, 86_400), role.flatMap(SessionTimer.Refresher.init(rawValue:)))
    }

    /// Min-SE in seconds (RFC 4028 section 5).
    public var minimumSession: UInt32? {
        header("Min-SE").map(ParameterizedValue.init(parsing:)).flatMap { UInt32($0.value) }.map { min($0, 86_400) }
    }
}
