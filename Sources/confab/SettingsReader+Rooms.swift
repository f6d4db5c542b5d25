import Conference

/// What holds in all rooms: keys, and what is told of who comes and goes.
extension SettingsReader {
    func keys() throws -> KeyActions {
        var keys = KeyActions()
        for action in KeyActions.Action.allCases {
            let name = "keys.\(action.rawValue)"
            let sequence = string(name, default: keys.sequences[action] ?? "")
            guard sequence.isEmpty || KeyActions.isSequence(sequence) else {
                throw SettingsMistake(
                    key: name, problem: "is `\(sequence)`; it may be `*` or `#` and one to three digits, or empty")
            }
            keys.sequences[action] = sequence.isEmpty ? nil : sequence
        }
        guard keys.isUnambiguous else {
            throw SettingsMistake(key: "keys", problem: "has two actions that begin with the same keys")
        }
        return keys
    }

    /// The name of a folder of spoken words.
    func language(_ name: String, default value: String) throws -> String {
        let text = string(name, default: value)
        guard RoomPolicies.isLanguage(text) else {
            throw SettingsMistake(key: name, problem: "is `\(text)`; it may be like en or pt-BR")
        }
        return text
    }

    func announcements() throws -> Announcements {
        let text = string("rooms.announce", default: Announcements.none.rawValue)
        guard let found = Announcements(rawValue: text) else {
            let all = Announcements.allCases.map(\.rawValue).joined(separator: " or ")
            throw SettingsMistake(key: "rooms.announce", problem: "is `\(text)`; it may be \(all)")
        }
        return found
    }
}
