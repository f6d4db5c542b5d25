import Conference
import MediaDescription
import Primitives
import SIP

/// The protection of a call's media (RFC 4568, RFC 5763, RFC 8643): what is offered, and what is the least.
extension SIPAdapter {
    /// Why media of that protection is not accepted on a flow; nil when it is.
    func tooWeak(_ protection: MediaProtection, on flow: SIPFlow) -> LegMediaFailure? {
        guard !configuration.security.accepts(protection, by: flow.transport) else { return nil }
        let words =
            switch protection {
            case .none: "media in the clear"
            case .sdes: "media under keys of SDES by \(flow.transport.rawValue)"
            case .dtls: "media under keys of DTLS"
            }
        var failure = LegMediaFailure(
            "\(words) is less than sip.least-security, which is \(configuration.security.least.rawValue)")
        failure.headers = [SIPHeader("Warning", "399 confab \"Encrypted media is required\"")]
        return failure
    }

    /// Opens local media for an offer of ours to a peer, and says how it is to be protected.
    func openForOffer(_ leg: SIPLeg, towards peer: IPAddress) throws(MediaUnavailable) -> (LocalMedia, OfferProtection)
    {
        if leg.mediaOffer == .ice { return (try media.openICE(leg.id, isControlling: true), .dtls) }
        let local = advertised(try media.openPlain(leg.id, towards: peer), to: peer)
        var protection = leg.mediaOffer.protection
        // Keys that would not count are not offered.
        if protection == .sdes || protection == .opportunistic, tooWeak(.sdes, on: leg.flow) != nil {
            protection = .dtls
        }
        return (local, protection)
    }

    /// A peer behind NAT that says a private address cannot be reached there: it is to open the handshake.
    func handshakeRole(answering offer: SessionDescription, _ leg: SIPLeg) -> SetupRole? {
        if let settled = leg.setup { return settled }
        guard case .plain(let peer) = Negotiation.transportKind(of: offer, capabilities: configuration.capabilities),
            peer != leg.flow.remote.ip
        else { return nil }
        let isPrivate = { (ip: IPAddress) in IPNetwork.notRouted.contains { $0.contains(ip) } }
        return isPrivate(peer) && !isPrivate(leg.flow.remote.ip) ? .passive : nil
    }

    /// The peer cannot take what was offered (488): the same call again in the clear, where that is accepted.
    mutating func callInTheClear(_ id: LegID, at now: Instant) -> [Command]? {
        guard var leg = legs[id], leg.stage == .calling, leg.mediaOffer != .plain,
            tooWeak(.none, on: leg.flow) == nil
        else { return nil }
        note(.info, "\(id): \(leg.mediaOffer.rawValue) was refused with 488, calling again in the clear")
        forgetEarlyDialogs(of: leg)
        media.close(id)
        leg.local = nil
        leg.mediaOffer = .plain
        leg.earlyDialogs = [:]
        leg.earlyAnswers = [:]
        leg.challenges = 0
        leg.invite.cseq.number += 1
        let offer: SessionDescription
        do throws(LegMediaFailure) {
            offer = try self.offer(for: &leg, towards: leg.flow.remote.ip)
        } catch {
            note(.warning, "\(id): \(error.text)")
            return drop(id, error.reason, at: now)
        }
        leg.invite.setBody(Array(SDP.write(offer).utf8), type: "application/sdp")
        sign(&leg.invite, in: CallKey(leg))
        if let last = leg.clientInvite { purposes[last] = nil }
        guard let transaction = transactions.send(leg.invite, on: leg.flow, at: now) else {
            return drop(id, .failed("too many transactions"), at: now)
        }
        leg.clientInvite = transaction
        purposes[transaction] = .invite(id)
        legs[id] = leg
        return []
    }
}

extension SIPLeg {
    /// Whether a call stays protected as it is. Under SDES the same key of ours stays: given up and taken up again, it
    /// would be used from its start once more.
    func keepsSecurity(in agreed: AgreedMedia) -> Bool {
        guard let before = self.agreed else { return true }
        if let sdes = before.sdes { return agreed.sdes?.send == sdes.send }
        return before.protection == .none || agreed.protection == before.protection
    }

    /// Our last description, without what was offered and not taken.
    func narrowed(_ ours: SessionDescription, to agreed: AgreedMedia) -> SessionDescription {
        guard case .plain = agreed.transport else { return ours }
        var ours = ours
        for index in ours.contents.indices where !ours.contents[index].isRejected {
            if agreed.dtls == nil {
                ours.contents[index].fingerprints = []
                ours.contents[index].setup = nil
            }
            ours.contents[index].cryptos.removeAll { $0.key == nil || $0.key != agreed.sdes?.send }
        }
        return ours
    }
}
