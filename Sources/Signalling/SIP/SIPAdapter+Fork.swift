import Conference
import MediaDescription
import Primitives
import SIP

/// Calls to an account, which ring all its phones at once; the first to answer has it (RFC 3261 sections 16.6 and 13.2.2.4).
extension SIPAdapter {
    /// The account of ours whose address that is.
    func account(at address: PeerAddress) -> String? {
        guard let accounts = configuration.accounts, address.host.lowercased() == accounts.domain,
            accounts.secrets[address.user] != nil
        else { return nil }
        return address.user
    }

    mutating func ring(_ id: LegID, phonesOf account: String, at now: Instant) -> [Command] {
        guard var leg = legs[id], leg.stage == .resolving else { return [] }
        let bindings = registrar.bindings(of: account, at: now)
        guard let first = bindings.first else {
            note(.info, "\(id): \(account) has no phone")
            return drop(id, .unavailable, at: now)
        }
        leg.flow = first.flow
        // Browsers take nothing else.
        if !leg.isInTheClear, bindings.allSatisfy({ $0.flow.transport.isWebSocket }) { leg.mediaOffer = .ice }
        let offer: SessionDescription
        do throws(LegMediaFailure) {
            offer = try self.offer(for: &leg, towards: first.flow.remote.ip)
        } catch {
            note(.warning, "\(id): \(error.text)")
            return drop(id, error.reason, at: now)
        }
        dress(&leg, offer)
        leg.stage = .calling
        leg.deadline = now + configuration.ringTimeout
        for binding in bindings {
            var branch = SIPBranch(invite: leg.invite, flow: binding.flow, contact: leg.contact)
            branch.flow.local =
                binding.flow.local ?? configuration.localAddress(binding.flow.transport, binding.flow.remote.ip)
            branch.contact = contact(
                user: leg.contact.uri.user, on: branch.flow, isFocus: leg.contact.parameters.contains("isfocus"))
            branch.invite.start = .request(.invite, binding.contact.uri)
            branch.invite.contacts = [branch.contact]
            send(branch, of: &leg, at: now)
        }
        legs[id] = leg
        return leg.branches.isEmpty ? drop(id, .failed("too many transactions"), at: now) : []
    }

    private mutating func send(_ branch: SIPBranch, of leg: inout SIPLeg, at now: Instant) {
        guard let transaction = transactions.send(branch.invite, on: branch.flow, at: now) else { return }
        leg.branches[transaction] = branch
        purposes[transaction] = .branch(leg.id)
    }

    /// Gives an INVITE what all of ours have.
    mutating func dress(_ leg: inout SIPLeg, _ offer: SessionDescription) {
        leg.timerPolicy = configuration.sessionTimer
        for header in abilities(isRoom: leg.isRoom) + SessionTimer.headers(asking: leg.timerPolicy) {
            leg.invite.set(header.name, header.value)
        }
        // What is read besides is told in answers: an INVITE is to fit a datagram.
        if !leg.isRoom { leg.invite.set("Accept", SIPAdapter.descriptionTypes) }
        leg.invite.set("User-Agent", configuration.software)
        leg.invite.setBody(Array(SDP.write(offer).utf8), type: "application/sdp")
    }

    /// A response of one of the phones.
    mutating func branchAnswered(
        _ response: SIPMessage, _ transaction: ClientTransactionID, _ id: LegID, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        guard let status = response.status, let branch = legs[id]?.branches[transaction] else { return [] }
        switch status {
        case 100..<200:
            legs[id]?.adopt(branch)
            return inviteAnswered(response, id, flow, at: now)
        case 200..<300:
            cancelBranches(of: id, but: transaction, at: now)
            legs[id]?.adopt(branch)
            legs[id]?.clientInvite = transaction
            purposes[transaction] = .invite(id)
            return inviteAnswered(response, id, flow, at: now)
        case 422:
            guard var leg = legs[id], branch.longerSessions < SIPLeg.mostLongerSessions,
                let policy = SessionTimer.policy(leg.timerPolicy, after: response)
            else {
                return branchFailed(transaction, id, status: status, at: now)
            }
            // The phone wants a longer session: the same call again (RFC 4028 section 7.4).
            leg.branches[transaction] = nil
            leg.timerPolicy = policy
            var branch = branch
            branch.longerSessions += 1
            branch.invite.cseq.number += 1
            for header in SessionTimer.headers(asking: policy) { branch.invite.set(header.name, header.value) }
            send(branch, of: &leg, at: now)
            legs[id] = leg
            return leg.branches.isEmpty ? drop(id, .incompatible, at: now) : []
        default: return branchFailed(transaction, id, status: status, at: now)
        }
    }

    /// One of the phones refused, or cannot be reached; with the last one, or a decline for everybody, the call is over.
    mutating func branchFailed(
        _ transaction: ClientTransactionID, _ id: LegID, status: Int, at now: Instant
    ) -> [Command] {
        legs[id]?.branches[transaction] = nil
        legs[id]?.refusals.append(status)
        guard let leg = legs[id], leg.branches.isEmpty || status >= 600 else { return [] }
        if leg.bestRefusal == 488, let commands = ringInTheClear(id, at: now) { return commands }
        note(.info, "\(id): refused with \(leg.bestRefusal)")
        cancelBranches(of: id, at: now)
        let reason = leg.bestRefusal == 503 ? .unavailable : EndReason(status: leg.bestRefusal, reason: "")
        return drop(id, reason, at: now)
    }

    /// None of the phones can take what was offered: they ring again in the clear, where that is accepted.
    private mutating func ringInTheClear(_ id: LegID, at now: Instant) -> [Command]? {
        guard var leg = legs[id], let account = account(at: leg.peer), leg.mediaOffer != .plain,
            tooWeak(.none, on: leg.flow) == nil
        else { return nil }
        note(.info, "\(id): \(leg.mediaOffer.rawValue) was refused with 488, calling again in the clear")
        forgetEarlyDialogs(of: leg)
        media.close(id)
        leg.local = nil
        leg.mediaOffer = .plain
        leg.isInTheClear = true
        leg.earlyDialogs = [:]
        leg.earlyAnswers = [:]
        leg.refusals = []
        leg.invite.cseq.number += 1
        leg.stage = .resolving
        legs[id] = leg
        return ring(id, phonesOf: account, at: now)
    }

    /// The other phones stop ringing; who of them answers all the same gets its ACK, and BYE.
    mutating func cancelBranches(
        of id: LegID, but kept: ClientTransactionID? = nil, reason: SIPHeader? = nil, at now: Instant
    ) {
        guard let leg = legs[id] else { return }
        legs[id]?.branches = [:]
        let answered = SIPHeader("Reason", "SIP;cause=200;text=\"Call completed elsewhere\"")
        let header = kept == nil ? reason : answered
        for transaction in leg.branches.keys where transaction != kept {
            purposes[transaction] = nil
            transactions.cancel(transaction, headers: header.map { [$0] } ?? [], at: now)
        }
    }
}
