import Primitives
import XMPP

/// Rooms and numbers as contacts: who is subscribed to their presence, and what they are told (RFC 6121 sections 3, 4).
///
/// Everybody may subscribe, and is asked back. A probe from somebody who is not known counts as a subscription: the
/// contact's server believes in one, and would be granted it anyway.
struct PresenceContacts: Sendable {
    /// By our bare JID, then the contact's.
    private var states: [JID: [JID: SubscriptionChange.State]] = [:]
    private var count = 0
    private let limit: Int
    private var quotas: ContactQuotas
    private(set) var changes: [SubscriptionChange] = []

    init(_ stored: [SubscriptionChange], limit: Int, quotas: ContactQuotas) {
        self.limit = limit
        self.quotas = quotas
        for subscription in stored {
            set(subscription.state, subscription.room.bare, subscription.contact.bare)
        }
        changes.removeAll()
    }

    /// Whether a contact may have one more of ours.
    private func mayAdd(_ contact: JID) -> Bool { count < limit && quotas.mayAdd(contact) }

    mutating func drainChanges() -> [SubscriptionChange] {
        defer { changes.removeAll() }
        return changes
    }

    func state(_ room: JID, _ contact: JID) -> SubscriptionChange.State { states[room.bare]?[contact.bare] ?? .none }

    /// Our JIDs in a domain that have subscribers.
    func subscribed(in domain: String) -> [JID] {
        states.keys.filter { $0.domain == domain }.sorted { $0.description < $1.description }
    }

    func hasSubscribers(_ room: JID) -> Bool { states[room]?.isEmpty == false }

    /// Who gets the presence of one of our JIDs.
    func subscribers(of room: JID) -> [JID] {
        (states[room] ?? [:]).filter { $0.value.hasFrom }.keys.sorted { $0.description < $1.description }
    }

    /// A presence stanza to one of our contacts.
    /// - Parameters:
    ///   - ours: the contact's bare JID.
    ///   - full: the same as it is online.
    ///   - available: makes its available presence for a peer; nil when there is no such contact.
    mutating func receive(
        _ presence: XMLElement, from peer: JID, ours: JID, full: JID?, available: ((JID) -> XMLElement)?,
        into outbox: inout [XMLElement]
    ) {
        let contact = peer.bare
        let before = state(ours, contact)
        func answer(_ type: String) { outbox.append(.presence(from: ours, to: contact, type: type)) }
        switch presence.type {
        case "subscribe":
            guard let available, before != .none || mayAdd(contact) else { return answer("unsubscribed") }
            answer("subscribed")
            if !before.hasTo { answer("subscribe") }
            set(SubscriptionChange.State(from: true, to: before.hasTo), ours, contact)
            outbox.append(available(contact))
        case "subscribed" where before.hasFrom:
            set(.both, ours, contact)
        case "unsubscribe":
            // RFC 6121 section 3.3.3: the contact goes offline for who no longer sees it.
            if before.hasFrom { outbox.append(.presence(from: full, to: contact, type: "unavailable")) }
            answer("unsubscribed")
            if before.hasTo { answer("unsubscribe") }
            set(.none, ours, contact)
        case "unsubscribed":
            set(SubscriptionChange.State(from: before.hasFrom, to: false), ours, contact)
        case "probe":
            guard let available, before != .none || mayAdd(contact) else { return answer("unsubscribed") }
            set(SubscriptionChange.State(from: true, to: before.hasTo), ours, contact)
            outbox.append(available(peer))
        default: break
        }
    }

    /// Who was asked by us lets itself be seen, also where it does not see us.
    mutating func accepted(_ ours: JID, _ peer: JID) {
        let before = state(ours, peer)
        guard before != .none || mayAdd(peer.bare) else { return }
        set(SubscriptionChange.State(from: before.hasFrom, to: true), ours.bare, peer.bare)
    }

    private mutating func set(_ state: SubscriptionChange.State, _ room: JID, _ contact: JID) {
        let before = self.state(room, contact)
        guard before != state else { return }
        if before == .none {
            count += 1
            quotas.added(contact)
        }
        if state == .none {
            count -= 1
            quotas.removed(contact)
            states[room]?[contact] = nil
            if states[room]?.isEmpty == true { states[room] = nil }
        } else {
            states[room, default: [:]][contact] = state
        }
        changes.append(SubscriptionChange(room: room, contact: contact, state: state))
    }
}
