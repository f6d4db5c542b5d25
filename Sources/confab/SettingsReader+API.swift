import Admin
import Configuration
import Primitives

/// Where the API is, and by which tokens it is opened.
extension SettingsReader {
    /// Fewer bytes can be guessed.
    private static let shortestToken = 20

    /// Nil for none.
    func api() throws -> APISettings? {
        guard let text = text("api.listen"), !text.isEmpty else { return nil }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
            let ip = IPAddress(text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" })
        else { throw SettingsMistake(key: "api.listen", problem: "is `\(text)`, which is not ADDRESS:PORT") }
        guard try ip.isLoopback || bool("api.remote", default: false) else {
            throw SettingsMistake(
                key: "api.listen",
                problem: """
                    is `\(text)`, where others can listen in: let it be a loopback address, with a proxy for TLS before \
                    it, or say `api.remote: true`
                    """)
        }
        return APISettings(address: SocketAddress(ip, port), tokens: try tokens())
    }

    private func tokens() throws -> [Redacted<String>] {
        let key = "api.tokens"
        let found = reader.stringArray(forKey: ConfigKey(key), isSecret: true) ?? text(key).map { [$0] } ?? []
        guard !found.isEmpty else {
            throw SettingsMistake(
                key: key, problem: "is missing: api.listen needs at least one, as `openssl rand -hex 20` makes them")
        }
        for token in found {
            guard token.utf8.count >= SettingsReader.shortestToken,
                token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
            else {
                throw SettingsMistake(
                    key: key,
                    problem: """
                        has one with fewer than \(SettingsReader.shortestToken) characters, or with others than \
                        letters, digits and signs; `openssl rand -hex 20` makes good ones
                        """)
            }
        }
        return found.map { Redacted($0) }
    }
}
