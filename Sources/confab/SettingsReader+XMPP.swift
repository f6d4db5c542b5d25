import Conference
import Runtime
import Signalling

/// The XMPP side: whom to block, and how much the others may.
extension SettingsReader {
    func xmppLimits() throws -> XMPPLimits {
        var limits = XMPPLimits()
        for text in strings("xmpp.blocked") where !limits.block(text) {
            throw SettingsMistake(
                key: "xmpp.blocked", problem: "has `\(text)`, which is neither a domain nor a bare JID")
        }
        func limit(_ name: String, _ value: Int) throws -> Int {
            try int("xmpp.limits.\(name)", default: value, in: 0...1_000_000)
        }
        limits.stanzasOfAddress = try limit("stanzas", limits.stanzasOfAddress)
        limits.stanzasOfDomain = try limit("domain-stanzas", limits.stanzasOfDomain)
        limits.callsOfAddress = try limit("calls", limits.callsOfAddress)
        limits.callsOfDomain = try limit("domain-calls", limits.callsOfDomain)
        limits.contactsOfAddress = try limit("contacts", limits.contactsOfAddress)
        limits.contactsOfDomain = try limit("domain-contacts", limits.contactsOfDomain)
        return limits
    }

    /// How many rooms may be made.
    func limited(_ conference: ConferenceConfiguration) throws -> ConferenceConfiguration {
        var conference = conference
        conference.maximumRooms = try int("rooms.maximum", default: conference.maximumRooms, in: 1...1_000_000)
        conference.maximumRoomsOfOne = try int(
            "rooms.maximum-of-one", default: conference.maximumRoomsOfOne, in: 1...1_000_000)
        return conference
    }
}
