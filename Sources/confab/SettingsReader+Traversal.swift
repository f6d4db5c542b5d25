import MediaEngine
import Primitives
import Runtime

/// STUN and TURN servers.
extension SettingsReader {
    func traversal() throws -> TraversalSettings {
        var settings = TraversalSettings()
        settings.servers = try iceServers()
        settings.verify = try bool("ice.verify", default: true)
        settings.authorities = text("ice.authorities")
        if text("ice.xmpp-server") != nil { settings.xmppServer = try domain("ice.xmpp-server", default: "") }
        return settings
    }

    /// `URI`, or `URI USER PASSWORD`.
    private func iceServers() throws -> [ICEServer] {
        let key = "ice.servers"
        let secret = text("ice.shared-secret").map(Redacted.init)
        return try strings(key).map { text in
            let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
            guard let uri = parts.first, parts.count != 2 else {
                throw SettingsMistake(key: key, problem: "has an entry that is not `URI` or `URI USER PASSWORD`")
            }
            let login: ICEServer.Login =
                if parts.count == 3 {
                    .user(String(parts[1]), password: Redacted(String(parts[2])))
                } else if let secret {
                    .sharedSecret(secret, name: "confab")
                } else {
                    .none
                }
            guard let server = ICEServer(uri: uri, login: login) else {
                throw SettingsMistake(
                    key: key,
                    problem:
                        "has `\(uri)`, which is not stun:HOST[:PORT], turn:HOST[:PORT][?transport=tcp] or turns:HOST[:PORT]"
                )
            }
            if server.scheme == .stun, parts.count == 3 {
                throw SettingsMistake(key: key, problem: "has a password for \(uri), which takes none")
            }
            if server.scheme == .turn, login == .none {
                throw SettingsMistake(
                    key: key, problem: "has \(uri) without `USER PASSWORD`, and there is no ice.shared-secret")
            }
            return server
        }
    }
}
