import Primitives

/// A server transaction of either kind (RFC 3261 section 17.2).
enum ServerMachine: Sendable {
    case invite(InviteServerTransaction)
    case nonInvite(NonInviteServerTransaction)

    init(for method: SIPMethod, timers: SIPTimers, isReliable: Bool) {
        self =
            method == .invite
            ? .invite(InviteServerTransaction(timers: timers, isReliable: isReliable))
            : .nonInvite(NonInviteServerTransaction(timers: timers, isReliable: isReliable))
    }

    var nextWake: Instant? {
        switch self {
        case .invite(let machine): machine.nextWake
        case .nonInvite(let machine): machine.nextWake
        }
    }

    var isTerminated: Bool {
        switch self {
        case .invite(let machine): machine.isTerminated
        case .nonInvite(let machine): machine.isTerminated
        }
    }

    /// Whether a final response may still be given.
    var isOpen: Bool {
        switch self {
        case .invite(let machine): machine.state == .proceeding
        case .nonInvite(let machine): machine.state == .trying || machine.state == .proceeding
        }
    }

    mutating func receive(_ request: SIPMessage, at now: Instant) -> [TransactionAction] {
        switch self {
        case .invite(var machine):
            defer { self = .invite(machine) }
            return machine.receive(request, at: now)
        case .nonInvite(let machine): return machine.receive()
        }
    }

    mutating func respond(_ status: Int, _ bytes: [UInt8], at now: Instant) -> [TransactionAction] {
        switch self {
        case .invite(var machine):
            defer { self = .invite(machine) }
            return machine.respond(status, bytes, at: now)
        case .nonInvite(var machine):
            defer { self = .nonInvite(machine) }
            return machine.respond(status, bytes, at: now)
        }
    }

    mutating func wake(at now: Instant) -> [TransactionAction] {
        switch self {
        case .invite(var machine):
            defer { self = .invite(machine) }
            return machine.wake(at: now)
        case .nonInvite(var machine):
            defer { self = .nonInvite(machine) }
            return machine.wake(at: now)
        }
    }
}
