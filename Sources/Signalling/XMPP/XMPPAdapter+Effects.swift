import Conference
import Primitives
import XMPP

extension XMPPAdapter {
    /// Carries out an effect, as far as it concerns the XMPP side; any other changes nothing.
    /// - Parameter conference: as it stands after the command that the effect came from.
    public mutating func perform(
        _ effect: Effect, conference: Conference, now: Instant, wall: WallTime
    ) -> [Command] {
        switch effect {
        case .roomChanged(let name, let changes):
            let room = conference.room(name)
            rooms.insert(name)
            if muc.hasOccupants(name) { muc.changed(name, room, changes, into: &outbox) }
            tellContacts(of: name, at: now)
            let jingle = jingle
            coin.changed(name, room, changes, sessions: { jingle.focusSession(of: $0) }, now: now, into: &outbox)
        case .roomEnded(let name):
            tellContacts(of: name, at: now)
            if conference.room(name) == nil { rooms.remove(name) }
            muc.changed(name, conference.room(name), into: &outbox)
        case .welcome(let name, let endpoint, let history, let subject, let created):
            guard let room = conference.room(name) else { break }
            muc.welcome(
                endpoint, to: room, history: history, subject: subject, created: created,
                isArchived: conference.profile(of: name).settings.isArchived, wall: wall, into: &outbox)
        case .expelled(let name, let occupant, let actor, let reason, let exit):
            if let jid = occupant.jid { muc.expel(jid, from: name, by: actor, reason: reason, exit) }
        case .affiliated(let name, let address, let affiliation):
            let address = conference.dialPlan.caller(address, seenFrom: .xmpp)
            muc.affiliated(name, address.jid, affiliation, into: &outbox)
        case .configured(let name, let isArchived): muc.configured(name, isArchived, into: &outbox)
        case .destroyed(let name, let destruction): muc.destroyed(name, destruction, into: &outbox)
        case .invited(let name, let invitation): muc.invited(name, invitation, into: &outbox)
        case .declined(let name, let invitation): muc.declined(name, invitation, into: &outbox)
        case .refuseEntry(let entry, let refusal): muc.refuse(entry, refusal, into: &outbox)
        case .subjectChanged(let room, let subject): muc.subjectChanged(room, subject, into: &outbox)
        case .deliver(let message, let room, let endpoint):
            if let found = conference.room(room)?.endpoint(endpoint) {
                deliver(message, room, to: found.endpoint, isOwn: found.participant.name == message.senderName)
            }
        case .submitted(let id, let outcome):
            var isReported = false
            if case .accepted(let message) = outcome { isReported = conference.awaitsReport(of: message) }
            if let message = texts.take(id),
                let answer = PendingTexts.answer(to: message, outcome, isReported: isReported)
            {
                outbox.append(answer)
            }
            return submitted(id, outcome, conference, now)
        case .composing(let notice, let room, let endpoint):
            if let found = conference.room(room)?.endpoint(endpoint) { deliver(notice, room, to: found.endpoint) }
        case .report(let notice, let room, let endpoint):
            if let found = conference.room(room)?.endpoint(endpoint) { deliver(notice, room, to: found.endpoint) }
        case .accountAnswered(let id, let outcome): accountAnswered(id, outcome, conference)
        case .lineState(let owner, let state): if let jid = owner.jid { tellOwner(jid, state, conference) }
        case .dial(let leg, let call) where call.target.jid.map(gate.limits.isBlocked) ?? false:
            return [.legEnded(leg, .forbidden)]
        case .group(let id, let order): return perform(order, id, now)
        case .dial(let leg, let call) where call.group != nil:
            guard let group = group(of: call) else { return [.legEnded(leg, .unavailable)] }
            let commands = jingle.dial(leg, call, group: group, now: now)
            outbox += jingle.drain()
            return commands
        case .ring, .accept, .dial, .end, .setDirection, .sendKey, .setFocus, .connect, .disconnect, .store, .setVoice,
            .play,
            .playToMix:
            let commands = jingle.perform(effect, now: now)
            let stanzas = jingle.drain()
            // Before the proposal: when that comes back, the probe has been answered.
            if case .dial(let leg, _) = effect { probe(leg, now: now) }
            outbox += stanzas
            return commands
        case .pass(let delivery): return pass(delivery)
        case .undelivered(let text): undelivered(text)
        case .presence(let link, let event): return presence(link, event, at: now)
        case .register, .unregister, .identify, .pair, .setRelays, .progress, .setGroup, .shutOut, .startRecording,
            .stopRecording, .recordName, .endNameRecording, .forgetName, .operated:
            break
        }
        return []
    }

    /// Looks for the devices of somebody who is called and shares presence with us (RFC 6121 section 4.3); of anybody else
    /// who is called across the gateway, it finds out whether there is such a user.
    private mutating func probe(_ leg: LegID, now: Instant) {
        guard let (ours, peer) = jingle.proposal(of: leg) else { return }
        if contacts.state(ours, peer).hasTo {
            jingle.search(leg, now: now)
        } else {
            // A user whom we have asked and who has not agreed would seem to refuse.
            guard ours.domain == configuration.conference.gatewayDomain, numbers[watched: peer, by: ours] == nil else {
                return
            }
            if let question = jingle.doubt(leg, of: peer, as: ours, now: now) { outbox.append(question) }
        }
        outbox.append(.presence(from: ours, to: peer, type: "probe"))
    }

    /// A message to a client in the MUC, or to one that called: there with the sender's name in front.
    private mutating func deliver(
        _ message: ChatMessage, _ room: RoomName, to endpoint: Endpoint, isOwn: Bool
    ) {
        guard let jid = endpoint.address.jid else { return }
        guard let leg = endpoint.leg else { return muc.deliver(message, room, to: jid, into: &outbox) }
        let name =
            switch message.audience {
            case .everyone: message.senderName
            case .one(let addressee) where isOwn && addressee != message.senderName:
                "\(message.senderName) (private to \(addressee))"
            case .one: "\(message.senderName) (private)"
            }
        let prefix = name.isEmpty ? "" : name + message.plainSeparator
        let words = message.plainBody
        outbox.append(
            .message(
                from: jingle.session(of: leg)?.local ?? addresses.focus(room), to: jid, type: "chat", id: message.id
            ) {
                // What is corrected is told by the id, for which the words need no star.
                XMLElement(
                    "body", Namespace.client,
                    text: prefix
                        + (message.corrects != nil && words.hasPrefix("* ") ? String(words.dropFirst(2)) : words))
                message.corrects.map { XMLElement("replace", Namespace.correction, ["id": $0]) }
                addresses.contact(room).map { StanzaID.element(message.id, by: $0) }
                message.requests
            })
    }
}
