import Conference
import Foundation
import Primitives
import Yams

/// What the file says about single rooms, below `rooms.policies`; `*` stands for the rooms that are made on first use.
struct RoomPolicies {
    var named: [RoomName: RoomPolicy] = [:]
    var onUse = RoomPolicy(firstIsModerator: true)

    private static let prefix = "rooms.policies."
    private static let keys: Set<String> = [
        "pin", "moderator-pin", "moderators", "waiting-room", "maximum-participants", "muted-on-entry",
        "first-is-moderator", "language", "names", "avatar",
    ]

    /// Whether a leaf of the file is about a room: the room's name may have points in it.
    static func isKey(_ name: String) -> Bool {
        guard name.hasPrefix(prefix), let dot = name.lastIndex(of: ".") else { return name == "rooms.policies" }
        return keys.contains(String(name[name.index(after: dot)...]))
    }

    /// Letters, digits and hyphens alone: it names a folder.
    static func isLanguage(_ text: String) -> Bool {
        (1...16).contains(text.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }

    init() {}

    init(yaml text: String) throws {
        guard let policies = try Yams.compose(yaml: text)?["rooms"]?["policies"], !policies.isNull else { return }
        guard case .mapping(let rooms) = policies else {
            throw SettingsMistake(key: "rooms.policies", problem: "is no mapping of rooms")
        }
        for (key, value) in rooms {
            let name = key.string ?? ""
            guard case .mapping(let values) = value else {
                throw SettingsMistake(key: "rooms.policies.\(name)", problem: "is no mapping")
            }
            let reader = PolicyReader(room: name, values: values)
            if name == "*" {
                onUse = try reader.policy(firstIsModerator: true)
            } else if let room = RoomName(name) {
                named[room] = try reader.policy(firstIsModerator: false)
            } else {
                throw SettingsMistake(key: "rooms.policies", problem: "names `\(name)`, which cannot name a room")
            }
        }
    }
}

/// One room's mapping.
private struct PolicyReader {
    let room: String
    let values: Node.Mapping

    func policy(firstIsModerator: Bool) throws -> RoomPolicy {
        let (pin, moderatorPIN) = (try digits("pin"), try digits("moderator-pin"))
        if let pin, pin == moderatorPIN { throw mistake("moderator-pin", "is the same as pin") }
        var policy = RoomPolicy(
            pin: pin, moderatorPIN: moderatorPIN, moderators: Set(try texts("moderators").map(address)),
            waitingRoom: try choice("waiting-room", default: .none), maximumParticipants: try maximum(),
            mutesOnEntry: try bool("muted-on-entry", default: false),
            firstIsModerator: try bool("first-is-moderator", default: firstIsModerator), language: try language(),
            names: try choice("names", default: .none))
        policy.picture = try picture()
        return policy
    }

    /// A file with a picture.
    private func picture() throws -> Picture? {
        guard let path = text("avatar"), !path.isEmpty else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw mistake("avatar", "is `\(path)`, which cannot be read")
        }
        guard let picture = Picture([UInt8](data)) else {
            let size = Picture.maximumSize / 1024
            throw mistake("avatar", "is `\(path)`, which is no PNG or JPEG of at most \(size) KiB")
        }
        return picture
    }

    private func mistake(_ key: String, _ problem: String) -> SettingsMistake {
        SettingsMistake(key: "rooms.policies.\(room).\(key)", problem: problem)
    }

    /// As it is written, so that a PIN keeps its zeros.
    private func text(_ key: String) -> String? {
        guard let node = values[Node(key)], !node.isNull else { return nil }
        return node.scalar?.string
    }

    private func texts(_ key: String) throws -> [String] {
        guard let node = values[Node(key)] else { return [] }
        switch node {
        case .scalar(let scalar): return scalar.string.isEmpty ? [] : [scalar.string]
        case .sequence(let sequence): return sequence.compactMap { $0.scalar?.string }
        default: throw mistake(key, "is no list")
        }
    }

    private func digits(_ key: String) throws -> Redacted<String>? {
        guard let text = text(key), !text.isEmpty else { return nil }
        guard (1...32).contains(text.count), text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw mistake(key, "is not 1 to 32 digits")
        }
        return Redacted(text)
    }

    private func bool(_ key: String, default value: Bool) throws -> Bool {
        guard let text = text(key) else { return value }
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw mistake(key, "is `\(text)`; it may be true or false")
        }
    }

    private func language() throws -> String? {
        guard let text = text("language") else { return nil }
        guard RoomPolicies.isLanguage(text) else {
            throw mistake("language", "is `\(text)`; it may be like en or pt-BR")
        }
        return text
    }

    private func maximum() throws -> Int? {
        guard let text = text("maximum-participants") else { return nil }
        guard let number = Int(text), (1...100_000).contains(number) else {
            throw mistake("maximum-participants", "is `\(text)`; it may be 1 to 100000")
        }
        return number
    }

    /// One of a few words.
    private func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, default usual: Choice
    ) throws -> Choice {
        guard let text = text(key) else { return usual }
        guard let found = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw mistake(key, "is `\(text)`; it may be \(all)")
        }
        return found
    }

    /// `sip:100@pbx.example.org` or `xmpp:alice@example.org`.
    private func address(_ text: String) throws -> PeerAddress {
        let parts = text.split(separator: ":", maxSplits: 1)
        let address = parts.count == 2 ? parts[1].split(separator: "@", omittingEmptySubsequences: false) : []
        guard address.count == 2, !address[0].isEmpty, !address[1].isEmpty else {
            throw mistake("moderators", "has `\(text)`, which is not sip:USER@HOST or xmpp:USER@DOMAIN")
        }
        let (user, host) = (String(address[0]), address[1].lowercased())
        switch parts[0].lowercased() {
        case "sip": return PeerAddress(.sip, user: user, host: host)
        case "xmpp": return PeerAddress(.xmpp, user: user.lowercased(), host: host)
        default: throw mistake("moderators", "has `\(text)`, which is neither sip: nor xmpp:")
        }
    }
}

extension Node {
    fileprivate var isNull: Bool { scalar?.string.isEmpty ?? false }
}
