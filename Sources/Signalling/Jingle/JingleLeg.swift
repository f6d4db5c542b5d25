import Conference
import Jingle
import MediaDescription
import Primitives
import XMPP

/// One call over Jingle, as `JingleLegs` keeps it.
///
/// ```
/// incoming:  proposed → proceeding → offered → active
///            (direct)              → offered → active
/// outgoing:  calling → initiated → active
/// refused after our proceed: → refused, until the session-initiate comes that can be told
/// ```
struct JingleLeg: Alarmed {
    enum Stage {
        /// Somebody proposed; the domain is deciding.
        case proposed
        /// We sent `proceed` and wait for the session-initiate.
        case proceeding
        /// A session-initiate is there and can be answered.
        case offered
        /// We proposed.
        case calling
        /// We sent a session-initiate.
        case initiated
        case active
        /// No leg any more for the domain.
        case refused(JingleReason)
    }

    let id: LegID
    /// Also of the proposal, until a device that knows none has the call.
    var sid: String
    let isOutgoing: Bool
    var stage: Stage
    /// Ours; full, unless a session-initiate was addressed to the bare JID.
    var local: JID
    /// Full, but for an outgoing call before a device proceeded.
    var peer: JID
    /// The group call that it belongs to.
    var group: JingleGroup?
    /// Whether we are a conference (XEP-0298).
    var isFocus: Bool
    var jmi: JMISession?
    var session: JingleSession?
    /// Opened for the session.
    var localMedia: LocalMedia?
    /// The answer to be sent when the domain accepts, or what was settled.
    var answer: SessionDescription?
    var agreed: AgreedMedia?
    /// Whether the domain accepted an incoming leg, be it before it can be answered.
    var isAccepted = false
    /// Whether the domain had an incoming leg ring, or an outgoing one does.
    var isRinging = false
    /// When a peer that says nothing is taken to be alerted; nil once it said something, or was.
    var alertAt: Instant?
    /// When whoever has not taken a proposal by then did not answer, whatever its client says; nil for no proposal of ours.
    var unansweredAt: Instant?
    /// Whether we told the peer that it is held.
    var isHeldByUs = false
    /// When the stage has lasted too long; `proposed` has one to go on from.
    var deadline: Instant?
    /// For devices that know no proposals, while we propose; and the session that one of them has.
    var search: DeviceSearch?
    var direct: JingleSession?
    var restarts = RestartAllowance()
    var nextWake: Instant? { [deadline, search?.giveUpAt, alertAt].compactMap(\.self).min() }

    var isActive: Bool { if case .active = stage { true } else { false } }
    /// Whether the stage has not lasted too long.
    func isBefore(_ now: Instant) -> Bool { deadline.map { $0 > now } ?? false }
    var isRefused: Bool { if case .refused = stage { true } else { false } }
}
