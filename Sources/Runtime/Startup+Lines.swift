import Conference
import Glibc
import Logging
import MediaEngine
import Primitives
import Signalling
import Storage

/// Accounts of ours at registrars elsewhere.
extension Startup {
    func restoreAccounts(of conference: inout Conference, from store: Store) throws {
        do {
            for account in try store.personalAccounts() { conference.restore(account) }
        } catch {
            throw StartupProblem("\(error)")
        }
    }

    func configureLines(_ configuration: inout SIPAdapterConfiguration, _ store: Store) throws {
        configuration.personalAccounts = settings.conference.personalAccounts
        for (name, trunk) in settings.conference.trunks where settings.sip.trunks[name]?.isTrusted == true {
            if let host = RegistrarHost(trunk.host) { configuration.trustedHosts.insert(host) }
        }
        if settings.conference.personalAccounts.who != .nobody {
            configuration.operatorHosts = settings.conference.operatorHosts
        }
        do {
            configuration.lineSecret = try store.secret("line contacts") { Entropy.system.bytes(32) }
        } catch {
            throw StartupProblem("\(error)")
        }
        if settings.conference.personalAccounts.who != .nobody { keepToOurselves() }
    }

    /// There are passwords in the database: nobody else is to read it.
    private func keepToOurselves() {
        for suffix in ["", "-wal", "-shm"] where access(settings.storagePath + suffix, F_OK) == 0 {
            if chmod(settings.storagePath + suffix, 0o600) != 0 {
                logger.warning("others may read \(settings.storagePath)\(suffix), which has passwords in it")
            }
        }
    }
}
