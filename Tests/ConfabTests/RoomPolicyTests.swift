import Conference
import Primitives
import Testing

@testable import confab

@Suite struct RoomPolicyTests {
    private let board = """
        rooms:
          permanent: [board.eu]
          policies:
            board.eu:
              pin: 0123
              moderator-pin: "98765"
              moderators: ["xmpp:Alice@Example.org", "sip:100@192.0.2.1:5080"]
              waiting-room: admission
              maximum-participants: 20
              muted-on-entry: yes
              language: de
              names: spoken
            "*":
              first-is-moderator: false
        """

    @Test func aRoomSaysWhatHoldsForIt() throws {
        let policies = try RoomPolicies(yaml: board)
        let policy = try #require(RoomName("board.eu").flatMap { policies.named[$0] })
        #expect(policy.pin?.secret == "0123")
        #expect(policy.moderatorPIN?.secret == "98765")
        #expect(
            policy.moderators == [
                PeerAddress(.xmpp, user: "alice", host: "example.org"),
                PeerAddress(.sip, user: "100", host: "192.0.2.1:5080"),
            ])
        #expect(policy.waitingRoom == .admission)
        #expect(policy.maximumParticipants == 20)
        #expect(policy.mutesOnEntry && !policy.firstIsModerator)
        #expect(policy.language == "de")
        #expect(policy.names == .spoken)
        #expect(!policies.onUse.firstIsModerator)
        #expect(try KnownSettings.unknown(inYAML: board).isEmpty)
        #expect(!"\(policy)".contains("0123"))
    }

    @Test func withoutPoliciesTheFirstInARoomMadeOnUseIsAModerator() throws {
        #expect(try RoomPolicies(yaml: "rooms:\n  permanent: [demo]\n").onUse.firstIsModerator)
        #expect(try RoomPolicies(yaml: "rooms:\n  policies:\n").named.isEmpty)
        #expect(try RoomPolicies(yaml: "").named.isEmpty)
    }

    @Test(arguments: [
        "pin: 12a4", "pin: 123456789012345678901234567890123", "waiting-room: maybe", "maximum-participants: 0",
        "muted-on-entry: perhaps", "language: ../x", "names: shouted", "moderators: [alice]", "moderators: [\"tel:5\"]",
        "moderators: {a: b}",
        "{pin: 1, moderator-pin: 1}",
    ])
    func aMistakeIsNamed(line: String) {
        let body = line.hasPrefix("{") ? " \(line)" : "\n      \(line)"
        #expect(throws: SettingsMistake.self) { try RoomPolicies(yaml: "rooms:\n  policies:\n    board:\(body)\n") }
    }

    @Test func aMisspeltValueOfARoomIsNoSetting() throws {
        let text = "rooms:\n  policies:\n    board:\n      pinn: 5\n"
        #expect(try KnownSettings.unknown(inYAML: text) == ["rooms.policies.board.pinn"])
        #expect(throws: SettingsMistake.self) { try RoomPolicies(yaml: "rooms:\n  policies:\n    \"a b\": {pin: 5}\n") }
    }
}
