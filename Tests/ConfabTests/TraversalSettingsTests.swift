import Configuration
import MediaEngine
import Primitives
import Runtime
import Testing

@testable import confab

/// `ice.servers` and what belongs to it.
@Suite struct TraversalSettingsTests {
    private func traversal(
        _ servers: [String], _ more: [AbsoluteConfigKey: ConfigValue] = [:]
    ) throws -> TraversalSettings {
        var values = more
        values["ice.servers"] = ConfigValue(.stringArray(servers), isSecret: false)
        return try SettingsReader(ConfigReader(provider: InMemoryProvider(values: values))).traversal()
    }

    @Test func serversAreReadAsTheirURIsSay() throws {
        let servers = try traversal(
            [
                "stun:Stun.Example.org", "turn:turn.example.org:3479 alice won der", "turn:192.0.2.1?transport=tcp",
                "turns:[2001:db8::1]",
            ], ["ice.shared-secret": "north"]
        ).servers
        #expect(
            servers == [
                ICEServer(.stun, host: "stun.example.org", port: 3478, transport: .udp),
                ICEServer(
                    .turn, host: "turn.example.org", port: 3479, transport: .udp,
                    login: .user("alice", password: Redacted("won der"))),
                ICEServer(
                    .turn, host: "192.0.2.1", port: 3478, transport: .tcp,
                    login: .sharedSecret(Redacted("north"), name: "confab")),
                ICEServer(
                    .turn, host: "2001:db8::1", port: 5349, transport: .tls,
                    login: .sharedSecret(Redacted("north"), name: "confab")),
            ])
        for server in servers { #expect(ICEServer(uri: server.uri, login: server.login) == server) }
    }

    @Test(arguments: [
        "stuns:a", "turn:", "turn:a:0", "turn:a:65536", "turn:a?transport=sctp", "turns:a?transport=udp", "turn:[::1",
        "turn:[192.0.2.1]", "http://a", "turn:a b", "turn:user@a u p", "stun:a u p", "turn:a", "stun:a?transport=udp",
    ])
    func whatIsNoServerIsAMistake(_ text: String) {
        #expect(throws: SettingsMistake.self) { try traversal([text]) }
    }
}
