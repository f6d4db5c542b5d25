import Conference
import Primitives
import Runtime

/// What the focus does for its participants, and whom it believes.
extension SettingsReader {
    func focused(_ sip: Settings.SIP) throws -> Settings.SIP {
        var sip = sip
        sip.trustedPeers = try strings("sip.trusted-peers").map { text in
            guard let network = IPNetwork(text) else {
                throw SettingsMistake(
                    key: "sip.trusted-peers", problem: "has `\(text)`, which is no address and no ADDRESS/LENGTH")
            }
            return network
        }
        sip.sessionExpires = UInt32(try int("sip.session-expires", default: 1800, in: 4...86_400))
        sip.minimumSession = UInt32(try int("sip.minimum-session", default: 90, in: 1...86_400))
        sip.redirectsFactory = try bool("rooms.factory-redirects", default: false)
        return sip
    }

    func focused(_ conference: ConferenceConfiguration) throws -> ConferenceConfiguration {
        var conference = conference
        let dialOut = string("rooms.dial-out", default: conference.dialOut.rawValue)
        guard let policy = DialOutPolicy(rawValue: dialOut) else {
            throw SettingsMistake(
                key: "rooms.dial-out", problem: "is `\(dialOut)`; it may be everyone, moderators, accounts or nobody")
        }
        conference.dialOut = policy
        conference.ringTime = .seconds(try int("rooms.ring-time", default: 60, in: 1...120))
        conference.maximumInvitations = try int("rooms.maximum-invitations", default: 50, in: 1...1000)
        conference.factory = try text("rooms.factory").map { text in
            guard let name = RoomName(text) else {
                throw SettingsMistake(key: "rooms.factory", problem: "is `\(text)`, which cannot name a room")
            }
            return name
        }
        return conference
    }
}
