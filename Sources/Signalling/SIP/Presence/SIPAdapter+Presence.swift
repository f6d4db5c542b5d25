import Conference
import Primitives
import SIP

/// Presence to and from the other side (RFC 8048): what the domain passes on, and what is due.
extension SIPAdapter {
    mutating func presence(
        _ link: PresenceLink, _ event: PresenceEvent, at now: Instant, wall: WallTime
    ) -> [Command] {
        switch event {
        case .watch where link.presentity.network == .sip: return watch(link, at: now)
        case .forget where link.presentity.network == .sip: forget(link, at: now)
        case .granted where link.watcher.network == .sip: granted(link, at: now, wall: wall)
        case .refused where link.watcher.network == .sip: refused(link, at: now, wall: wall)
        case .states(let states) where link.watcher.network == .sip: told(link, states, at: now, wall: wall)
        default: break
        }
        return []
    }

    /// SUBSCRIBE and NOTIFY in the dialogs of presence; nil for what is none of them.
    mutating func presence(
        _ request: SIPMessage, _ method: SIPMethod, _ id: ServerTransactionID, _ dialog: DialogID, _ flow: SIPFlow,
        at now: Instant
    ) -> [Command]? {
        if method == .notify { return notified(request, id, dialog, flow, at: now) }
        guard method == .subscribe, presenceWatchers[dialog] != nil else { return nil }
        return rewatched(request, id, dialog, flow, at: now)
    }

    mutating func wakePresence(at now: Instant, wall: WallTime) -> [Command] {
        var commands = movedAccountsTold(at: now) + wakeOutside(at: now)
        for link in presenceWatches.takeDue(by: now) { commands += watchDue(link, at: now) }
        for dialog in presenceWatchers.takeDue(by: now) {
            commands += watcherDue(dialog, at: now, wall: wall)
            presenceWatchers.arm(dialog)
        }
        return commands
    }

    // MARK: Accounts

    /// Who is at home here is there when a phone has registered.
    func statesOfAccount(_ account: String, at now: Instant) -> [PresenceState] {
        [PresenceState(device: "phone", isOpen: !registrar.bindings(of: account, at: now).isEmpty)]
    }

    private mutating func movedAccountsTold(at now: Instant) -> [Command] {
        defer { movedAccounts = [] }
        return movedAccounts.sorted().flatMap { account in
            let states = statesOfAccount(account, at: now)
            return (accountWatchers[account] ?? []).map { Command.presence($0, .states(states)) }
        }
    }
}
