import Conference
import Primitives

/// Calls that come in from elsewhere: where the gateway registers, whose the numbers are, and who may have an account.
extension SettingsReader {
    func lines(_ conference: ConferenceConfiguration) throws -> ConferenceConfiguration {
        var conference = conference
        conference.lines = try strings("gateway.registrations").map(registration)
        conference.numberRules = try strings("gateway.numbers").map { try number($0, conference.talkDomain) }
        conference.voicemail = text("gateway.voicemail").flatMap { $0.isEmpty ? nil : $0 }
        conference.voicemailOccasions = try occasions()
        conference.bridgeRingTime = .seconds(try int("gateway.ring-time", default: 45, in: 1...600))
        conference.personalAccounts = try personalAccounts()
        return conference
    }

    private func occasions() throws -> Set<VoicemailOccasion> {
        let words = strings("gateway.voicemail-on", default: VoicemailOccasion.usual.map(\.rawValue))
        return Set(
            try words.map { word in
                guard let occasion = VoicemailOccasion(rawValue: word.lowercased()) else {
                    let known = VoicemailOccasion.allCases.map(\.rawValue).joined(separator: ", ")
                    throw SettingsMistake(
                        key: "gateway.voicemail-on", problem: "has `\(word)`, which is none of \(known)")
                }
                return occasion
            })
    }

    /// `HOST[:PORT][;transport=TRANSPORT] USER PASSWORD`.
    private func registration(_ text: String) throws -> LineAccount {
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard parts.count == 3, let registrar = RegistrarHost(parts[0]) else {
            throw SettingsMistake(
                key: "gateway.registrations", problem: "has an entry that is not `HOST[:PORT] USER PASSWORD`")
        }
        return LineAccount(user: String(parts[1]), registrar: registrar, password: Redacted(String(parts[2])))
    }

    /// `PATTERN TARGET [VOICEMAIL]`, with a room or an XMPP address as the target.
    private func number(_ text: String, _ talkDomain: String) throws -> NumberRule {
        let mistake = SettingsMistake(
            key: "gateway.numbers", problem: "has `\(text)`, which is not `PATTERN ROOM-OR-JID [VOICEMAIL]`")
        let parts = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard (2...3).contains(parts.count) else { throw mistake }
        let address = parts[1].split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        let target: NumberRule.Target
        let isRoom = address.count == 1 || address.count == 2 && address[1].lowercased() == talkDomain
        switch address.count {
        case _ where isRoom:
            guard let name = RoomName(address[0]) else { throw mistake }
            target = .room(name)
        case 2 where !address[0].isEmpty && !address[1].isEmpty:
            target = .person(PeerAddress(.xmpp, user: address[0].lowercased(), host: address[1].lowercased()))
        default: throw mistake
        }
        return NumberRule(pattern: parts[0], target: target, voicemail: parts.count == 3 ? parts[2] : nil)
    }

    private func personalAccounts() throws -> PersonalAccountPolicy {
        var policy = PersonalAccountPolicy()
        let who = strings("gateway.personal-accounts", default: ["nobody"]).map { $0.lowercased() }
        policy.who =
            switch who {
            case ["nobody"], []: .nobody
            case ["bridged"]: .bridged
            default: .domains(Set(who))
            }
        policy.maximum = try int("gateway.maximum-accounts", default: policy.maximum, in: 0...10_000)
        policy.maximumOfDomain = try int("gateway.maximum-accounts-of-domain", default: policy.maximum, in: 0...10_000)
        policy.hosts = []
        for text in strings("gateway.registrars", default: ["*"]) {
            if let network = IPNetwork(text), text.contains("/") {
                policy.networks.append(network)
            } else if text == "*" || RegistrarHost(text.hasPrefix("*.") ? String(text.dropFirst(2)) : text) != nil {
                policy.hosts.append(text.lowercased())
            } else {
                throw SettingsMistake(
                    key: "gateway.registrars", problem: "has `\(text)`, which is no host, `*.DOMAIN`, `*` or network")
            }
        }
        return policy
    }
}
