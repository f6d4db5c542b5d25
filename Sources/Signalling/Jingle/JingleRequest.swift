import Conference
import Jingle
import Primitives
import XMPP

/// A session-initiate or session-accept of ours that waits for its answer.
struct JingleRequest: Alarmed {
    var leg: LegID
    var sid: String
    var action: JingleAction
    /// Who alone may answer it.
    var peer: JID
    var deadline: Instant
    var nextWake: Instant? { deadline }
}
