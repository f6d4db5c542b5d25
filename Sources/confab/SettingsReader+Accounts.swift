import Conference
import Primitives
import Runtime
import SIP
import Signalling

/// Who is at home here, what they have to prove, and what others want proven of us.
extension SettingsReader {
    /// Puts accounts into settings that are otherwise read.
    func accounts(_ file: Accounts, into settings: inout Settings) throws {
        var accounts = file
        for text in strings("accounts.users") { try accounts.add(text) }
        settings.sip.credentials = try credentials()
        let authentication = try authentication()
        if let authentication { settings.sip.authentication = authentication }
        let gateway = try choice("gateway.callers", GatewayPolicy.self)
        guard !accounts.users.isEmpty else {
            if let authentication, authentication != .none {
                throw SettingsMistake(key: "sip.authentication", problem: "needs accounts.users")
            }
            settings.conference.gatewayPolicy = gateway ?? .everyone
            return
        }
        let ours = SIPAccounts(
            domain: try domain("accounts.domain", default: settings.conference.talkDomain),
            secrets: accounts.users.mapValues(\.secret),
            displayNames: accounts.users.compactMapValues(\.displayName), allowing: try algorithms())
        guard !ours.algorithms.isEmpty else {
            throw SettingsMistake(
                key: "accounts.users", problem: "has some with hashes that leave no algorithm for all of them")
        }
        if ours.domain == settings.conference.talkDomain,
            let name = settings.conference.rooms.first(where: { ours.secrets[$0.text] != nil })
        {
            throw SettingsMistake(key: "accounts.users", problem: "has `\(name)`, which is the name of a room")
        }
        settings.sip.accounts = ours
        settings.conference.accounts = AccountDirectory(
            domain: ours.domain, displayNames: accounts.users.mapValues(\.displayName))
        settings.conference.wantsProof = settings.sip.authentication != .none
        // Who has accounts does not mean to let the rest of the world call at his cost.
        settings.conference.gatewayPolicy = gateway ?? .accounts
        if text("rooms.dial-out") == nil { settings.conference.dialOut = .accounts }
    }

    private func algorithms() throws -> [DigestAlgorithm] {
        try strings("accounts.algorithms", default: DigestAlgorithm.allCases.map(\.rawValue)).map { text in
            guard let known = DigestAlgorithm(rawValue: text.uppercased()) else {
                throw SettingsMistake(
                    key: "accounts.algorithms", problem: "has `\(text)`; there may be SHA-256 and MD5")
            }
            return known
        }
    }

    private func authentication() throws -> SIPAuthentication? {
        try choice("sip.authentication", SIPAuthentication.self)
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ type: Choice.Type
    ) throws -> Choice? {
        guard let text = text(key) else { return nil }
        guard let found = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingsMistake(key: key, problem: "is `\(text)`; it may be \(all)")
        }
        return found
    }

    /// `HOST USER PASSWORD`, with the host as the routes have it.
    private func credentials() throws -> [String: DigestUser] {
        var credentials: [String: DigestUser] = [:]
        for text in strings("gateway.credentials") {
            let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
            guard parts.count == 3 else {
                throw SettingsMistake(
                    key: "gateway.credentials", problem: "has an entry that is not `HOST[:PORT] USER PASSWORD`")
            }
            credentials[parts[0].lowercased()] = DigestUser(
                name: String(parts[1]), password: Redacted(String(parts[2])))
        }
        return credentials
    }
}
