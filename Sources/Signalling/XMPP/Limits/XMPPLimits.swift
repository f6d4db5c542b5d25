public import XMPP

/// Who is not talked to, and how much everybody else may ask for (XEP-0205). A number of 0 means no limit.
public struct XMPPLimits: Sendable, Hashable {
    /// Bare JIDs of whom nothing is taken and to whom nothing is sent.
    public var blockedAddresses: Set<JID>
    /// Likewise domains, and all below them.
    public var blockedDomains: Set<String>
    /// Stanzas a second of one bare JID, and of one domain that is not ours; five times as many in a burst.
    public var stanzasOfAddress: Int
    public var stanzasOfDomain: Int
    /// Calls at a time that come from one bare JID, and from one domain that is not ours.
    public var callsOfAddress: Int
    public var callsOfDomain: Int
    /// Contacts of ours that one bare JID has, and all of one domain that is not ours.
    public var contactsOfAddress: Int
    public var contactsOfDomain: Int

    public init(
        blockedAddresses: Set<JID> = [], blockedDomains: Set<String> = [], stanzasOfAddress: Int = 50,
        stanzasOfDomain: Int = 200, callsOfAddress: Int = 10, callsOfDomain: Int = 200, contactsOfAddress: Int = 200,
        contactsOfDomain: Int = 10_000
    ) {
        self.blockedAddresses = blockedAddresses
        self.blockedDomains = blockedDomains
        self.stanzasOfAddress = stanzasOfAddress
        self.stanzasOfDomain = stanzasOfDomain
        self.callsOfAddress = callsOfAddress
        self.callsOfDomain = callsOfDomain
        self.contactsOfAddress = contactsOfAddress
        self.contactsOfDomain = contactsOfDomain
    }

    /// Blocks a domain with all below it, or a bare JID; false for what is neither.
    public mutating func block(_ text: String) -> Bool {
        guard let jid = JID(text), jid.isBare else { return false }
        if jid.local == nil { blockedDomains.insert(jid.domain) } else { blockedAddresses.insert(jid) }
        return true
    }

    public var blocksAnybody: Bool { !blockedAddresses.isEmpty || !blockedDomains.isEmpty }

    /// Whether a JID is not talked to.
    public func isBlocked(_ jid: JID) -> Bool {
        guard blocksAnybody else { return false }
        if blockedAddresses.contains(jid.bare) { return true }
        var domain = jid.domain[...]
        while !domain.isEmpty {
            if blockedDomains.contains(String(domain)) { return true }
            guard let dot = domain.firstIndex(of: ".") else { break }
            domain = domain[domain.index(after: dot)...]
        }
        return false
    }
}
