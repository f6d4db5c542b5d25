import Conference
import Primitives
import XMPP

/// Sessions that belong to group calls (XEP-0272): begun without a proposal, and we are no conference in them, but one of
/// those who are there.
extension JingleLegs {
    /// Takes a session-initiate of such a session.
    mutating func receive(_ stanza: XMLElement, of group: JingleGroup, now: Instant) -> [Command] {
        self.group = group
        defer { self.group = nil }
        return receive(stanza, now: now)
    }

    /// The Jingle session of a leg that has us as a conference.
    func focusSession(of leg: LegID) -> (peer: JID, local: JID, sid: String)? {
        legs[leg]?.group == nil ? session(of: leg) : nil
    }
}
