import Conference
import Primitives
import Runtime
import Signalling

/// Where the gateway calls: routes, the trunks that they lead to, and how numbers are written.
extension SettingsReader {
    /// Puts trunks into settings that are otherwise read.
    func trunks(_ trunks: Trunks, into settings: inout Settings) throws {
        settings.conference.routes = try strings("gateway.routes").map { try route($0, trunks) }
        settings.conference.trunks = trunks.domain
        settings.conference.numbers = try numberPlan()
        settings.conference.aliases = try aliases()
        settings.sip.trunks = trunks.sip
        // One with a name is trusted once that has been looked up.
        settings.sip.trustedPeers += trunks.entries.values.filter(\.sip.isTrusted).compactMap { entry in
            let host = PeerAddress(.sip, user: "", host: entry.domain.host).hostName
            return IPAddress(host.filter { $0 != "[" && $0 != "]" }).flatMap { IPNetwork("\($0)") }
        }
        settings.conference.trustedPeers = settings.sip.trustedPeers
        let offers = trunks.sip.compactMapValues(\.offer)
        let security = SIPMediaSecurity(
            offer: settings.sip.security.offer, offers: offers, least: settings.sip.security.least)
        if let weak = security.offersBelowLeast.first {
            throw SettingsMistake(
                key: "gateway.trunks",
                problem: "has one with `security=\(weak.rawValue)`, which is less than sip.least-security")
        }
    }

    /// `PATTERN HOST[:PORT]` or `PATTERN TRUNK, TRUNK`. A name without dot and port means a trunk where there are any.
    private func route(_ text: String, _ trunks: Trunks) throws -> GatewayRoute {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        let names = (parts.count == 2 ? parts[1] : "").split { $0 == "," || $0 == " " }.map(String.init)
        guard !names.isEmpty else {
            throw SettingsMistake(
                key: "gateway.routes",
                problem: "has `\(text)`, which is neither `PATTERN HOST[:PORT]` nor `PATTERN TRUNK, TRUNK`")
        }
        let pattern = String(parts[0])
        if names.count == 1, trunks.entries[names[0]] == nil, isHost(names[0], trunks) {
            return GatewayRoute(pattern: pattern, host: String(names[0].prefix { $0 != ";" }))
        }
        let found = try names.map { name in
            guard let entry = trunks.entries[name] else {
                throw SettingsMistake(
                    key: "gateway.routes", problem: "has `\(text)`, and there is no trunk `\(name)` in gateway.trunks")
            }
            return entry.domain
        }
        return GatewayRoute(pattern: pattern, host: found.first?.host ?? "", trunks: names)
    }

    private func isHost(_ name: String, _ trunks: Trunks) -> Bool {
        trunks.entries.isEmpty || name == "*" || name == "localhost" || name.contains { ".:;[".contains($0) }
    }

    private func numberPlan() throws -> NumberPlan {
        func digits(_ key: String) throws -> String {
            let text = string(key, default: "")
            guard text.utf8.count <= 8, text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                throw SettingsMistake(key: key, problem: "is `\(text)`, which is not up to 8 digits")
            }
            return text
        }
        let plan = NumberPlan(
            international: try digits("gateway.international-prefix"), national: try digits("gateway.national-prefix"),
            country: try digits("gateway.country-code"))
        if !plan.national.isEmpty, plan.country.isEmpty {
            throw SettingsMistake(key: "gateway.country-code", problem: "is missing beside gateway.national-prefix")
        }
        return plan
    }

    /// `NAME ADDRESS` each.
    private func aliases() throws -> [String: String] {
        var aliases: [String: String] = [:]
        for text in strings("gateway.aliases") {
            let parts = text.split(separator: " ").map(String.init)
            guard parts.count == 2, !parts[0].contains("@") else {
                throw SettingsMistake(
                    key: "gateway.aliases", problem: "has `\(text)`, which is not `NAME NUMBER` or `NAME USER@HOST`")
            }
            aliases[parts[0].lowercased()] = parts[1]
        }
        return aliases
    }
}
