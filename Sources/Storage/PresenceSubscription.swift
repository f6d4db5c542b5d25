/// A presence subscription between a JID of ours and a contact (RFC 6121 section 3).
public struct PresenceSubscription: Sendable, Hashable {
    /// RFC 6121 section 2.1.2.5, from our JID's side.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Neither sees the other; not kept.
        case none
        /// We see the contact's presence.
        case to
        /// The contact sees ours.
        case from
        case both
    }

    /// The bare JID of ours: a room on the talk or rooms domain, or an address of the gateway.
    public var room: String
    /// The contact's bare JID.
    public var contact: String
    public var state: State

    public init(room: String, contact: String, state: State) {
        self.room = room
        self.contact = contact
        self.state = state
    }
}
