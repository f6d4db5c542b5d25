import XMPP

/// A presence subscription between a JID of ours and a contact, as it is now (RFC 6121 section 3): to be stored, and
/// handed in again at the next start.
public struct SubscriptionChange: Sendable, Hashable {
    /// RFC 6121 section 2.1.2.5, from our JID's side; the raw values are those of the store.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Neither sees the other; to be removed from the store.
        case none
        /// We see the contact's presence.
        case to
        /// The contact sees ours.
        case from
        case both

        init(from: Bool, to: Bool) {
            self =
                switch (from, to) {
                case (true, true): .both
                case (true, false): .from
                case (false, true): .to
                case (false, false): .none
                }
        }

        var hasFrom: Bool { self == .from || self == .both }
        var hasTo: Bool { self == .to || self == .both }
    }

    /// The bare JID of ours: a room on the talk domain, or a number on the gateway's.
    public var room: JID
    /// The contact's bare JID.
    public var contact: JID
    public var state: State

    public init(room: JID, contact: JID, state: State) {
        self.room = room
        self.contact = contact
        self.state = state
    }
}
