import Conference
import Configuration
import Foundation
import Primitives
import Runtime
import Signalling
import Testing

@testable import confab

@Suite struct XMPPSettingsTests {
    private func settings(_ values: [AbsoluteConfigKey: ConfigValue]) throws -> Settings {
        var values = values
        values["xmpp.secret"] = "s"
        let reader = SettingsReader(ConfigReader(provider: InMemoryProvider(values: values)))
        return try reader.settings(listen: [], withoutXMPP: false)
    }

    @Test func limitsAreReadAndHaveDefaults() throws {
        #expect(try settings([:]).xmpp?.limits == XMPPLimits())
        let limits = try #require(
            try settings([
                "xmpp.blocked": .init(.stringArray(["evil.example", "mallory@example.org"]), isSecret: false),
                "xmpp.limits.stanzas": 0, "xmpp.limits.domain-stanzas": 7, "xmpp.limits.calls": 8,
                "xmpp.limits.domain-calls": 9, "xmpp.limits.contacts": 10, "xmpp.limits.domain-contacts": 11,
            ]).xmpp?.limits)
        var blocking = XMPPLimits()
        let areTaken = ["evil.example", "mallory@example.org"].map { blocking.block($0) }
        #expect(areTaken.allSatisfy { $0 })
        #expect(limits.blockedDomains == blocking.blockedDomains)
        #expect(limits.blockedAddresses == blocking.blockedAddresses)
        let numbers: [Int] = [
            limits.stanzasOfAddress, limits.stanzasOfDomain, limits.callsOfAddress, limits.callsOfDomain,
            limits.contactsOfAddress, limits.contactsOfDomain,
        ]
        let expected: [Int] = [0, 7, 8, 9, 10, 11]
        #expect(numbers == expected)
        let conference = try settings(["rooms.maximum": 5, "rooms.maximum-of-one": 2]).conference
        #expect(conference.maximumRooms == 5 && conference.maximumRoomsOfOne == 2)
    }

    @Test func whatIsNoAddressCannotBeBlocked() {
        #expect(throws: SettingsMistake.self) { try settings(["xmpp.blocked": "a@b/phone"]) }
        #expect(throws: SettingsMistake.self) { try settings(["xmpp.limits.calls": -1]) }
        #expect(throws: SettingsMistake.self) { try settings(["rooms.maximum": 0]) }
    }

    @Test func aRoomsAvatarIsAFile() throws {
        let path = NSTemporaryDirectory() + "confab-avatar-\(ProcessInfo.processInfo.processIdentifier).png"
        let standard = try #require(Picture.standard)
        #expect(FileManager.default.createFile(atPath: path, contents: Data(standard.bytes)))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let yaml = "rooms:\n  policies:\n    board: {avatar: \(path)}\n"
        #expect(try KnownSettings.unknown(inYAML: yaml).isEmpty)
        #expect(try RoomPolicies(yaml: yaml).named.values.first?.picture == standard)
        for bad in ["/nowhere/at/all.png", "/etc/passwd"] {
            #expect(throws: SettingsMistake.self) {
                try RoomPolicies(yaml: "rooms:\n  policies:\n    board: {avatar: \(bad)}\n")
            }
        }
    }
}
