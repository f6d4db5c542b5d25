public import MediaDescription

/// Who sends in a content (XEP-0166 section 7.3): absolute, where SDP's direction is as the describer sees it.
public enum Senders: String, Sendable, Hashable, CaseIterable {
    case both, initiator, responder
    case nobody = "none"

    public init(initiatorSends: Bool, responderSends: Bool) {
        self =
            switch (initiatorSends, responderSends) {
            case (true, true): .both
            case (true, false): .initiator
            case (false, true): .responder
            case (false, false): .nobody
            }
    }

    /// A direction as a party sees it.
    public init(_ direction: StreamDirection, seenBy party: Creator) {
        let own = direction.sends
        let other = direction.receives
        self.init(
            initiatorSends: party == .initiator ? own : other, responderSends: party == .initiator ? other : own)
    }

    /// The direction as a party sees it.
    public func direction(seenBy party: Creator) -> StreamDirection {
        let initiator = self == .both || self == .initiator
        let responder = self == .both || self == .responder
        return StreamDirection(
            sends: party == .initiator ? initiator : responder,
            receives: party == .initiator ? responder : initiator)
    }
}

extension Creator {
    /// The other party.
    public var other: Creator { self == .initiator ? .responder : .initiator }
}
