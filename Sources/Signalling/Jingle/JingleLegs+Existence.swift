import Conference
import Primitives
import XMPP

/// Whether there is somebody of that name who only is not there. RFC 6121 lets a server say `service-unavailable` for
/// both (sections 8.5.1 and 8.5.2.2). But of a user that there is, a probe tells that we are not subscribed, or more (section
/// 4.3.2): servers answer nothing for others, and in the order of asking.
extension JingleLegs {
    /// Somebody's server says something of its presence.
    mutating func noticeExistence(_ presence: XMLElement) {
        guard !unsure.isEmpty, presence.type != "error", let from = presence.from, let to = presence.to else { return }
        for id in unsure where legs[id].map({ $0.local.bare == to.bare && $0.peer.bare == from.bare }) ?? true {
            unsure.remove(id)
        }
    }

    /// What it means that a proposal came back.
    func absence(of leg: JingleLeg, _ condition: StanzaError.Condition?) -> EndReason {
        switch condition {
        case .itemNotFound, .gone, .jidMalformed, .remoteServerNotFound: .notFound
        case .serviceUnavailable: unsure.contains(leg.id) ? .notFound : .unavailable
        default: .unavailable
        }
    }
}
