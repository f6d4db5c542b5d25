/// What became of the wish to call one more into a call or a room.
enum CallingIn: Sendable, Hashable {
    /// It is being called.
    case calling(PeerAddress)
    case present(PeerAddress)
    case refused(PeerAddress, EndReason)
    /// No address was given.
    case notUnderstood
    case transferring
    /// No more rooms may be made, or nobody else is let in.
    case exhausted

    /// For who asked.
    var words: String {
        switch self {
        case .calling(let address): "Calling \(address.words)."
        case .present(let address): "\(address.words) is in the call already."
        case .refused(let address, let reason): "\(address.words): \(reason.words)."
        case .notUnderstood: "Whom?"
        case .transferring: "The call is being transferred."
        case .exhausted: "No more can be called in now."
        }
    }

    /// For who asked by a request; nil where how the call goes will tell.
    var progress: RequestProgress? {
        switch self {
        case .calling: nil
        case .present: .done
        case .refused(_, let reason): .refused(reason)
        case .notUnderstood: .refused(.notFound)
        case .transferring: .refused(.busy)
        case .exhausted: .refused(.full)
        }
    }
}
