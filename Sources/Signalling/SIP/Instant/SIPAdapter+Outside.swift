import Conference
import Primitives
import SIP

/// Requests of ours outside of any dialog: to where an account is reached, else to where the DNS says (RFC 3263).
extension SIPAdapter {
    /// Most bytes of a request without its Via that goes in a datagram (RFC 3428 section 8).
    private static let datagram = 1150

    /// Sends a request that is in `outside`.
    mutating func sendOutside(_ id: OutsideID, at now: Instant) -> [Command] {
        guard let found = outside[id] else { return [] }
        if let account = account(at: found.peer) { return send(id, toPhonesOf: account, at: now) }
        if !found.targets.isEmpty { return sendNext(id, otherwise: 503, at: now) }
        let uri = found.request.requestURI ?? found.request.to.uri
        let search = SIPTargetSearch(uri, supported: configuration.outgoing, entropy: entropy)
        guard search.question == nil else {
            output.lookups.append(SIPLookup(owner: .outside(id), search: search))
            return []
        }
        return resolved(id, search.targets, at: now)
    }

    /// Where a request may be sent, in order of preference; nowhere when there is no such name.
    mutating func resolved(_ id: OutsideID, _ targets: [SIPTarget], at now: Instant) -> [Command] {
        guard outside[id]?.current == nil else { return [] }
        outside[id]?.targets = targets
        return sendNext(id, otherwise: targets.isEmpty ? 404 : 503, at: now)
    }

    /// Sends a request to its next target, if there is one.
    private mutating func sendNext(_ id: OutsideID, otherwise status: Int, at now: Instant) -> [Command] {
        guard var found = outside[id] else { return [] }
        guard
            let index = found.targets.firstIndex(where: {
                configuration.localAddress($0.transport, $0.address.ip) != nil
            })
        else { return finished(id, status, nil, nil, at: now) }
        if found.current != nil {
            // What another place has demanded means nothing at this one.
            found.digest = nil
            found.challenges = 0
            found.request.removeCredentials()
        }
        found.current = found.targets[index]
        found.targets.removeFirst(index + 1)
        outside[id] = found
        return sendAgain(id, at: now)
    }

    /// Sends a request to the target that it has.
    private mutating func sendAgain(_ id: OutsideID, at now: Instant) -> [Command] {
        guard var found = outside[id], let target = found.current else { return [] }
        let flow = SIPFlow(
            target.transport, local: configuration.localAddress(target.transport, target.address.ip),
            remote: target.address, serverName: target.domain)
        guard let way = way(for: found.request, flow, at: now) else { return finished(id, 513, nil, nil, at: now) }
        if found.request.method == .subscribe {
            found.request.contacts = [contact(user: found.request.from.uri.user, on: way, isFocus: false)]
        }
        if let hashing = configuration.hashing { found.digest?.sign(&found.request, hashing) }
        found.transaction = transactions.send(found.request, on: way, at: now)
        outside[id] = found
        guard let transaction = found.transaction else { return finished(id, 503, nil, nil, at: now) }
        purposes[transaction] = .outside(id)
        return []
    }

    /// By TCP what is too large for a datagram; nil where there is none (RFC 7572 section 7).
    private func way(for request: SIPMessage, _ flow: SIPFlow, at now: Instant) -> SIPFlow? {
        guard flow.transport == .udp, request.bytes.count > SIPAdapter.datagram else { return flow }
        guard transactions.mayTryTCP(insteadOf: flow, at: now) else { return nil }
        return SIPFlow(
            .tcp, local: configuration.localAddress(.tcp, flow.remote.ip), remote: flow.remote,
            serverName: flow.serverName)
    }

    private mutating func send(_ id: OutsideID, toPhonesOf account: String, at now: Instant) -> [Command] {
        guard var found = outside[id] else { return [] }
        for binding in registrar.bindings(of: account, at: now) {
            var request = found.request
            request.start = .request(found.request.method ?? .message, binding.contact.uri)
            var flow = binding.flow
            flow.local = flow.local ?? configuration.localAddress(flow.transport, flow.remote.ip)
            guard let way = way(for: request, flow, at: now),
                let transaction = transactions.send(request, on: way, at: now)
            else {
                found.refusals.append(513)
                continue
            }
            purposes[transaction] = .outside(id)
            found.branches.insert(transaction)
        }
        outside[id] = found
        return found.branches.isEmpty ? finished(id, found.bestRefusal, nil, nil, at: now) : []
    }

    /// The final response, or none.
    mutating func outsideAnswered(
        _ id: OutsideID, _ transaction: ClientTransactionID, _ response: SIPMessage?, status: Int, _ flow: SIPFlow?,
        at now: Instant
    ) -> [Command] {
        guard var found = outside[id] else { return [] }
        if found.branches.remove(transaction) != nil {
            if status >= 300 { found.refusals.append(status) }
            outside[id] = found
            if (200..<300).contains(status) || found.branches.isEmpty || status >= 600 {
                for other in found.branches { purposes[other] = .nothing }
                return finished(id, status < 300 ? status : found.bestRefusal, response, flow, at: now)
            }
            return []
        }
        guard found.transaction == transaction else { return [] }
        if status == 401 || status == 407, let response, takeChallenge(response, &found) {
            found.request.cseq.number += 1
            outside[id] = found
            return sendAgain(id, at: now)
        }
        let isLarge = found.request.bytes.count > SIPAdapter.datagram && found.current?.transport == .udp
        if [408, 503].contains(status) {
            return sendNext(id, otherwise: isLarge && response == nil ? 513 : status, at: now)
        }
        return finished(id, status, response, flow, at: now)
    }

    private func takeChallenge(_ response: SIPMessage, _ request: inout OutsideRequest) -> Bool {
        guard let user = request.user ?? configuration.credentials[request.peer.host.lowercased()] else { return false }
        defer { request.challenges += 1 }
        if request.digest != nil { return request.digest?.renew(by: response, after: request.challenges) ?? false }
        request.digest = DigestClient(answering: response, as: user, entropy: entropy)
        return request.digest != nil
    }

    private mutating func finished(
        _ id: OutsideID, _ status: Int, _ response: SIPMessage?, _ flow: SIPFlow?, at now: Instant
    ) -> [Command] {
        guard let found = outside[id] else { return [] }
        var commands: [Command] = []
        switch found.use {
        case .text(let text):
            if status == 415, let plain = text.plain {
                readers.learn(found.peer) { $0.cpim = false }
                return sendPlain(id, plain, at: now)
            }
            commands = textPassed(text, to: found.peer, status)
            // Who is silent is silent for those behind, too; what comes later tries it anew.
            if status == 408 {
                for other in outside.takeLine(behind: id) { commands += unsent(other, status) }
            }
        case .watch(let link):
            let callID = found.request.callID
            if presenceWatches[link]?.callID == callID { presenceWatches[link]?.digest = found.digest }
            commands = watchAnswered(link, callID, response, status: status, flow, at: now)
        }
        if let next = outside.finished(id) { commands += sendOutside(next, at: now) }
        return commands
    }

    /// What waited in line is not sent any more. Words about texts just go nowhere.
    func unsent(_ request: OutsideRequest, _ status: Int) -> [Command] {
        guard case .text(let use) = request.use, case .text(let id) = use.kind else { return [] }
        return [.instantOutcome(id, .failed(DeliveryFailure(status: status)), by: nil)]
    }

    /// Texts that have waited for too long for those before them come back.
    mutating func wakeOutside(at now: Instant) -> [Command] {
        let overdue = outside.takeOverdue(by: now)
        if let first = overdue.first {
            note(.info, "\(overdue.count) texts waited too long, the first for \(first.peer)")
        }
        return overdue.flatMap { unsent($0, 408) }
    }

    /// A text that was refused as CPIM goes again, as it is.
    private mutating func sendPlain(_ id: OutsideID, _ plain: [UInt8], at now: Instant) -> [Command] {
        guard var found = outside[id], case .text(var text) = found.use else { return [] }
        text.plain = nil
        found.use = .text(text)
        found.refusals = []
        found.challenges = 0
        found.request.cseq.number += 1
        found.request.setBody(plain, type: SIPAdapter.plainType)
        outside[id] = found
        return found.current == nil ? sendOutside(id, at: now) : sendAgain(id, at: now)
    }
}
