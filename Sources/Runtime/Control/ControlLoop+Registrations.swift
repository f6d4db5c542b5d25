import Logging
import MediaEngine
import Primitives
import SIP
import Signalling
import Storage

extension ControlLoop {
    /// Keeps where accounts are reached, so that they are after a restart too.
    func keepRegistrations(_ accounts: [String]) {
        guard !accounts.isEmpty else { return }
        let (now, wall) = (MonotonicClock.now, MonotonicClock.wall)
        for account in accounts {
            let kept = sip.bindings(of: account, at: now).filter(\.isReachableAnew).map {
                StoredBinding($0, of: account, at: now, wall: wall)
            }
            do { try store.setBindings(kept, of: account) } catch { logger.error("\(error)") }
        }
    }
}

extension Startup {
    /// Puts back what was kept of registrations that are not over.
    func restoreBindings(of sip: inout SIPAdapter, from store: Store) throws {
        guard settings.sip.accounts != nil else { return }
        let (now, wall) = (MonotonicClock.now, MonotonicClock.wall)
        do {
            for (account, kept) in Dictionary(grouping: try store.bindings(at: wall), by: \.account) {
                sip.restore(kept.compactMap { Binding($0, at: now, wall: wall) }, of: account)
            }
        } catch {
            throw StartupProblem("\(error)")
        }
    }
}

extension StoredBinding {
    init(_ binding: Binding, of account: String, at now: Instant, wall: WallTime) {
        let remote = binding.wayAnew.remote
        self.init(
            account: account, contact: binding.contact.description, transport: binding.flow.transport.rawValue,
            remote: remote, callID: binding.callID, sequence: binding.sequence,
            expires: WallTime(milliseconds: wall.milliseconds + (binding.expires - now).nanoseconds / 1_000_000))
    }
}

extension Binding {
    init?(_ kept: StoredBinding, at now: Instant, wall: WallTime) {
        guard let contact = NameAddress(kept.contact), let transport = SIPTransport(rawValue: kept.transport) else {
            return nil
        }
        self.init(
            contact: contact, flow: SIPFlow(transport, remote: kept.remote), callID: kept.callID,
            sequence: kept.sequence,
            expires: now + .milliseconds(kept.expires.milliseconds - wall.milliseconds))
    }
}
