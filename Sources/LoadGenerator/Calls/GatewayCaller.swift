import Primitives

/// Calls across a gateway: those with even numbers call an account by SIP, those with odd ones answer as its phone.
final class GatewayCaller: Caller {
    private let callers: SIPCaller
    private let phones: AnsweringPhone

    /// - Parameter target: `sip:ACCOUNT@ADDRESS:PORT`.
    init(
        _ options: LoadOptions, target: String, password: Redacted<String>, pool: SocketPool, entropy: Entropy
    ) throws(LoadError) {
        callers = try SIPCaller(options, target: target, overTCP: false, pool: pool, entropy: entropy)
        phones = try AnsweringPhone(options, account: target, password: password, pool: pool, entropy: entropy)
    }

    var descriptors: [Int32] { callers.descriptors + phones.descriptors }
    var nextWake: Instant? { [callers.nextWake, phones.nextWake].compactMap(\.self).min() }
    var isReady: Bool { phones.isReady }
    var active: Int { callers.active + phones.active }

    private func side(of participant: Int) -> any Caller { participant.isMultiple(of: 2) ? callers : phones }

    func join(_ participant: Int, now: Instant) { side(of: participant).join(participant, now: now) }
    func leave(_ participant: Int, now: Instant) { side(of: participant).leave(participant, now: now) }

    func readable(_ descriptor: Int32, now: Instant) {
        if callers.descriptors.contains(descriptor) {
            callers.readable(descriptor, now: now)
        } else {
            phones.readable(descriptor, now: now)
        }
    }

    func receive(_ stray: Stray, now: Instant) {}

    func wake(now: Instant) {
        callers.wake(now: now)
        phones.wake(now: now)
    }

    func takeEvents() -> [CallEvent] { callers.takeEvents() + phones.takeEvents() }
}
