/// Who in a room may have others called, as far as the routes allow it.
public enum DialOutPolicy: String, Sendable, Hashable, CaseIterable {
    case everyone, moderators, nobody

    func allows(_ role: Role) -> Bool {
        switch self {
        case .everyone: role != .listener
        case .moderators: role == .moderator
        case .nobody: false
        }
    }
}
