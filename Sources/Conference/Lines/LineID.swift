/// A line: an account at somebody's registrar, under which we are reached and call.
public enum LineID: Hashable, Sendable, CustomStringConvertible {
    /// The whole gateway's, by its place in the configuration.
    case gateway(Int)
    /// An XMPP user's own, by the bare JID.
    case person(PeerAddress)

    public var description: String {
        switch self {
        case .gateway(let number): "registration \(number)"
        case .person(let owner): "account of \(owner)"
        }
    }
}

/// How a line stands with its registrar.
public enum LineState: Hashable, Sendable {
    case trying
    case registered
    /// Tried again in a while.
    case failed(String)
    /// Not tried again for long.
    case refused(String)
    case removed
}

extension LineState {
    /// Whether it is the same but for the words.
    func isLike(_ other: LineState) -> Bool {
        switch (self, other) {
        case (.failed, .failed), (.refused, .refused): true
        default: self == other
        }
    }
}
