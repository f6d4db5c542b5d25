import XMPP

/// How many of our JIDs one user has as contacts, and all of one domain that is not ours.
struct ContactQuotas: Sendable {
    private let limits: XMPPLimits
    private let own: Set<String>
    private var byContact: [JID: Int] = [:]
    private var byDomain: [String: Int] = [:]

    init(_ limits: XMPPLimits, own: Set<String>) {
        self.limits = limits
        self.own = own
    }

    func mayAdd(_ contact: JID) -> Bool {
        guard limits.contactsOfAddress == 0 || byContact[contact, default: 0] < limits.contactsOfAddress else {
            return false
        }
        return limits.contactsOfDomain == 0 || own.contains(contact.domain)
            || byDomain[contact.domain, default: 0] < limits.contactsOfDomain
    }

    mutating func added(_ contact: JID) {
        byContact[contact, default: 0] += 1
        byDomain[contact.domain, default: 0] += 1
    }

    mutating func removed(_ contact: JID) {
        byContact[contact] = byContact[contact].flatMap { $0 > 1 ? $0 - 1 : nil }
        byDomain[contact.domain] = byDomain[contact.domain].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}
