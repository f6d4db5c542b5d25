import Conference
import Primitives
import SIP

/// REFER to a room, or beside a call of two (RFC 3515, RFC 4579 sections 5.5 to 5.11, RFC 4488, RFC 5368): others are called in, or taken out.
extension SIPAdapter {
    /// Most REFERs at a time whose outcome is not known.
    static let mostRefers = 1000

    /// REFER outside a dialog, which makes one for its NOTIFYs.
    mutating func refer(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ destination: DialPlan.Destination,
        from identity: Identity, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard let tag = transactions.tag(of: id), let uri = request.requestURI else { return [] }
        let meant = call(meantBy: request, uri, destination, from: identity, on: flow, conference)
        if case .refused(let status, let reason) = meant {
            reply(request, id, status, reason, at: now)
            return []
        }
        guard let dialog = Dialog(answering: request, tag: tag, state: .confirmed) else {
            reply(request, id, 400, "No Contact", at: now)
            return []
        }
        let subject: ReferSubject
        if case .call(let leg) = meant {
            subject = conference.room(of: leg).map { .room($0, .leg(leg)) } ?? .call(leg)
        } else if case .room(let room) = destination {
            if identity.isAuthenticated || !wantsProof {
                let claimant = Claimant(
                    identity.address, isProven: identity.isAuthenticated, origin: flow.remote.ip.unmapped.description)
                subject = .room(room, .claimant(claimant))
            } else if let leg = call(of: identity.address, on: flow) {
                subject = .room(room, .leg(leg))
            } else {
                reply(request, id, 403, "Refer from where you call", at: now)
                return []
            }
        } else {
            reply(request, id, 404, at: now)
            return []
        }
        let entry = SIPDialogEntry(
            dialog: dialog, flow: flow, contact: contact(user: uri.user, on: flow, isFocus: true, scheme: uri.scheme))
        return refer(request, id, flow, subject, dialog.id, entry, conference, at: now)
    }

    /// REFER inside the dialog of a call.
    mutating func refer(
        _ request: SIPMessage, _ id: ServerTransactionID, inCall leg: LegID, _ conference: Conference, at now: Instant
    ) -> [Command] {
        if conference.bridge(of: leg) != nil { return transfer(request, id, inCall: leg, conference, at: now) }
        guard let found = legs[leg], let dialog = found.dialog, let entry = dialogs[dialog],
            let room = conference.room(of: leg)
        else {
            reply(request, id, 403, at: now)
            return []
        }
        dialogs[dialog]?.hadRefer = true
        return refer(request, id, found.flow, .room(room, .leg(leg)), dialog, entry, conference, at: now)
    }

    private mutating func refer(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ subject: ReferSubject,
        _ dialog: DialogID, _ entry: SIPDialogEntry, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard refers.count < SIPAdapter.mostRefers else {
            reply(request, id, 503, headers: [SIPHeader("Retry-After", "10")], at: now)
            return []
        }
        let targets: [ReferTarget]
        var isMultiple = false
        switch referred(by: request) {
        case .refused(let status, let reason):
            reply(request, id, status, reason, at: now)
            return []
        case .one(let target): targets = [target]
        case .list(let list):
            targets = list
            isMultiple = true
        }
        guard targets.count <= conference.configuration.maximumInvitations else {
            reply(request, id, 413, "More than \(conference.configuration.maximumInvitations) at a time", at: now)
            return []
        }
        if case .call = subject, targets.contains(where: { $0.method == .bye }) {
            reply(request, id, 400, "Method not supported", at: now)
            return []
        }
        let refer = ReferID(value: newRequest().value)
        let isSilent = isMultiple || request.header("Refer-Sub")?.lowercased().hasPrefix("false") == true
        let isFirst = entry.leg != nil && !entry.hadRefer
        refers[refer] = SIPRefer(
            request: request, transaction: id, contact: entry.contact, dialog: isSilent ? nil : dialog,
            event: isFirst ? "refer" : "refer;id=\(request.cseq.number)", targets: targets.count)
        if !isSilent {
            refers[refer]?.endsAt = now + .seconds(SIPRefer.subscriptionTime)
            if dialogs[dialog] == nil { dialogs[dialog] = entry }
            dialogs[dialog]?.refers.insert(refer)
        }
        let referral = Referral(replaces: nil, referredBy: request.header("Referred-By"))
        return targets.map { target in
            let number = newRequest()
            requests[number] = refer
            return command(for: target, subject, number, referral, flow, conference)
        }
    }

    private func command(
        for target: ReferTarget, _ subject: ReferSubject, _ number: RequestID, _ referral: Referral, _ flow: SIPFlow,
        _ conference: Conference
    ) -> Command {
        let address = target.address(on: flow, conference.configuration.talkDomain)
        var referral = referral
        referral.replaces = target.replaces
        switch subject {
        case .call(let leg):
            return .callIn(
                CallAddition(
                    id: number, leg: leg, target: address, displayName: target.displayName, referral: referral))
        case .room(let room, let requester) where target.method == .bye:
            return .expel(Expulsion(id: number, room: room, target: .address(target.plainAddress), by: requester))
        case .room(let room, let requester):
            return .invite(
                Invitation(
                    id: number, room: room, target: address, displayName: target.displayName, by: requester,
                    referral: referral))
        }
    }

    enum Referred {
        case refused(Int, String)
        case one(ReferTarget)
        case list([ReferTarget])
    }

    /// What the Refer-To of a request says, and the list that it may point to.
    func referred(by request: SIPMessage) -> Referred {
        let values = request.headers.filter { $0.isNamed("Refer-To") }.map(\.value)
        guard values.count == 1, let value = values.first, let address = NameAddress(value) else {
            return .refused(400, values.isEmpty ? "No Refer-To" : "Bad Refer-To")
        }
        if address.uri.scheme == "cid" {
            guard let list = list(in: request) else { return .refused(400, "Bad resource list") }
            let isKnown = list.allSatisfy { $0.method == .invite || $0.method == .bye }
            guard isKnown, !list.isEmpty else {
                return .refused(400, list.isEmpty ? "Empty list" : "Method not supported")
            }
            return .list(list)
        }
        guard ["sip", "sips", "tel", "xmpp"].contains(address.uri.scheme) else {
            return .refused(416, SIPStatus.reason(416))
        }
        let target = ReferTarget(address)
        guard target.method == .invite || target.method == .bye else { return .refused(400, "Method not supported") }
        return .one(target)
    }

    /// The resource list that a request carries, alone or in a multipart body.
    func list(in request: SIPMessage) -> [ReferTarget]? {
        if request.mediaType == ResourceList.mediaType { return ResourceList.targets(in: request.body) }
        guard request.mediaType == "multipart/mixed", let type = request.contentType,
            let parts = MultipartBody(request.body, type: type)?.parts
        else { return nil }
        return parts.first { $0.mediaType == ResourceList.mediaType }.flatMap { ResourceList.targets(in: $0.body) }
    }

    // MARK: Progress

    /// The domain's word on a REFER: its answer, then NOTIFYs.
    mutating func progressed(_ id: RequestID, _ progress: RequestProgress, at now: Instant) -> [Command] {
        guard let number = requests[id], var refer = refers[number] else { return [] }
        switch progress {
        case .refused(let reason):
            requests[id] = nil
            refer.targets -= 1
            refers[number] = refer
            if refer.isAnswered {
                tell(number, refer.last, isLast: true, at: now)
                break
            }
            guard refer.targets == 0 else { break }
            reply(
                refer.request, refer.transaction, reason.status, reason.phrase, headers: reason.refusalHeaders, at: now)
            forgetRefer(number)
        case .trying: acceptRefer(number, "SIP/2.0 100 Trying", at: now)
        case .ringing: tell(number, "SIP/2.0 180 Ringing", at: now)
        case .done:
            requests[id] = nil
            acceptRefer(number, nil, at: now)
            tell(number, "SIP/2.0 200 OK", isLast: true, at: now)
        case .failed(let reason):
            requests[id] = nil
            acceptRefer(number, nil, at: now)
            tell(number, "SIP/2.0 \(reason.status) \(SIPStatus.reason(reason.status))", isLast: true, at: now)
        }
        return []
    }

    /// 202, unless it was sent (RFC 3515 section 2.4.2); with what the first NOTIFY says.
    private mutating func acceptRefer(_ number: ReferID, _ fragment: String?, at now: Instant) {
        guard var refer = refers[number], !refer.isAnswered else { return }
        refer.isAnswered = true
        refers[number] = refer
        var response = refer.request.response(202, tag: transactions.tag(of: refer.transaction))
        response.contacts = [refer.contact]
        if refer.dialog == nil { response.set("Refer-Sub", "false") }
        response.headers += abilities(isRoom: refer.contact.parameters.contains("isfocus"))
        response.set("Server", configuration.software)
        transactions.respond(response, to: refer.transaction, at: now)
        if let fragment { tell(number, fragment, at: now) }
    }

    /// Queues a NOTIFY with a fragment; the last one ends the subscription, and a REFER without one is over with it.
    private mutating func tell(_ number: ReferID, _ fragment: String, isLast: Bool = false, at now: Instant) {
        guard var refer = refers[number] else { return }
        guard refer.dialog != nil else {
            if isLast, !requests.values.contains(number) { refers[number] = nil }
            return
        }
        refer.last = fragment
        if refer.waiting.last != fragment { refer.waiting.append(fragment) }
        refer.isOver = refer.isOver || isLast
        refers[number] = refer
        notifyRefer(number, at: now)
    }

    private mutating func notifyRefer(_ number: ReferID, at now: Instant) {
        guard var refer = refers[number], let dialog = refer.dialog, !refer.isInFlight, !refer.waiting.isEmpty else {
            return
        }
        let fragment = refer.waiting.removeFirst()
        let isLast = refer.isOver && refer.waiting.isEmpty
        let left = max(0, refer.endsAt.map { ($0 - now).nanoseconds / 1_000_000_000 } ?? 0)
        let flow = dialogs[dialog].flatMap { provenFlow($0) }
        let sent = send(.notify, in: dialog, for: .referNotify(number), on: flow, at: now) { request in
            request.set("Event", refer.event)
            request.set(
                "Subscription-State",
                isLast ? "terminated;reason=\(refer.reason)" : "active;expires=\(left)")
            request.setBody(Array((fragment + "\r\n").utf8), type: "message/sipfrag;version=2.0")
        }
        refer.isInFlight = sent != nil
        refers[number] = refer
        if isLast || sent == nil { forgetRefer(number) }
    }

    /// A NOTIFY was answered: the next one follows, or nobody wants to know.
    mutating func referNotified(_ number: ReferID, status: Int, at now: Instant) {
        guard refers[number] != nil else { return }
        guard (200..<300).contains(status) else { return forgetRefer(number) }
        refers[number]?.isInFlight = false
        notifyRefer(number, at: now)
    }

    /// SUBSCRIBE to the progress of a REFER: it goes on, or is ended with 0 (RFC 3515 section 2.4.4).
    mutating func refreshRefer(
        _ request: SIPMessage, _ id: ServerTransactionID, in dialog: DialogID, at now: Instant
    ) {
        let known = (dialogs[dialog]?.refers ?? []).sorted().first { number in
            let wanted = request.event?.parameters["id"].map { "refer;id=\($0)" } ?? "refer"
            return refers[number]?.event == wanted
        }
        guard let known, let last = refers[known]?.last else { return reply(request, id, 481, at: now) }
        let seconds = min(request.expires ?? 180, 180)
        var response = request.response(200, tag: transactions.tag(of: id))
        response.contacts = dialogs[dialog].map { [$0.contact] } ?? []
        response.set("Expires", String(seconds))
        response.set("Server", configuration.software)
        transactions.respond(response, to: id, at: now)
        refers[known]?.endsAt = now + .seconds(Int64(seconds))
        tell(known, last, isLast: seconds == 0, at: now)
    }

    /// Nobody is told any more whose time is over, though the call that he asked for may still ring.
    mutating func expireRefers(at now: Instant) {
        for number in refers.takeDue(by: now) {
            guard let refer = refers[number] else { continue }
            refers[number]?.reason = "timeout"
            tell(number, refer.last, isLast: true, at: now)
            refers.arm(number)
        }
    }

    /// Forgets the progress of a REFER, whether or not it is known to the domain still.
    private mutating func forgetRefer(_ number: ReferID) {
        guard let refer = refers.removeValue(forKey: number) else { return }
        for (id, known) in requests where known == number { requests[id] = nil }
        if let dialog = refer.dialog {
            dialogs[dialog]?.refers.remove(number)
            release(dialog)
        }
    }

    /// The call in whose dialog they came is over: nobody is told any more.
    mutating func endRefers(in dialog: DialogID) {
        for number in dialogs[dialog]?.refers ?? [] { forgetRefer(number) }
    }
}
