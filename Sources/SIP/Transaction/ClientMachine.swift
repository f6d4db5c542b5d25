import Primitives

/// A client transaction of either kind (RFC 3261 section 17.1).
enum ClientMachine: Sendable {
    case invite(InviteClientTransaction)
    case nonInvite(NonInviteClientTransaction)

    init(for method: SIPMethod, _ request: SIPMessage, timers: SIPTimers, isReliable: Bool, at now: Instant) {
        self =
            method == .invite
            ? .invite(InviteClientTransaction(request, timers: timers, isReliable: isReliable, at: now))
            : .nonInvite(NonInviteClientTransaction(request, timers: timers, isReliable: isReliable, at: now))
    }

    var request: SIPMessage {
        switch self {
        case .invite(let machine): machine.request
        case .nonInvite(let machine): machine.request
        }
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

    /// Whether a final response may still come.
    var isPending: Bool {
        switch self {
        case .invite(let machine): machine.isPending
        case .nonInvite(let machine): machine.isPending
        }
    }

    mutating func receive(_ response: SIPMessage, at now: Instant) -> [TransactionAction] {
        switch self {
        case .invite(var machine):
            defer { self = .invite(machine) }
            return machine.receive(response, at: now)
        case .nonInvite(var machine):
            defer { self = .nonInvite(machine) }
            return machine.receive(response, at: now)
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
