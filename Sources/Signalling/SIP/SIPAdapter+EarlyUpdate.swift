import Conference
import MediaDescription
import Primitives
import SIP

/// Offers of who was called, before the answer.
extension SIPAdapter {
    /// UPDATE with an offer in an early dialog (RFC 3311 section 5.2): taken where our own offer has its answer, reliably;
    /// it counts if that branch of the call answers.
    mutating func updateEarly(
        _ request: SIPMessage, _ transaction: ServerTransactionID, _ leg: SIPLeg, _ dialog: DialogID,
        _ offer: SessionDescription, at now: Instant
    ) {
        guard let early = leg.earlyAnswers[dialog], early.isReliable, leg.mediaOffer != .ice,
            let ourOffer = leg.ourOffer
        else { return reply(request, transaction, 491, at: now) }
        var settled = leg
        let change: EarlyAnswer.Change
        do throws(LegMediaFailure) {
            if let last = early.change {
                settled.agreed = last.agreed
                settled.described = leg.narrowed(last.ours, to: last.agreed)
            } else {
                let agreed = try concluded(ourOffer, early.answer, of: leg)
                settled.agreed = agreed
                settled.described = leg.narrowed(ourOffer, to: agreed)
            }
            if let sdes = settled.agreed?.sdes { settled.local?.cryptos = [SDESCrypto(tag: 1, sdes.send)] }
            let (ours, agreed) = try answer(offer, for: &settled)
            change = EarlyAnswer.Change(offer: offer, ours: ours, agreed: agreed)
        } catch {
            note(.info, "\(leg.id): early change refused, \(error.text)")
            return reply(request, transaction, 488, headers: error.headers, at: now)
        }
        legs[leg.id]?.earlyAnswers[dialog]?.change = change
        dialogs[dialog]?.dialog.refreshTarget(from: request)
        var response = request.response(200, tag: transactions.tag(of: transaction))
        response.contacts = [leg.contact]
        response.headers += abilities(isRoom: leg.isRoom)
        response.set("Server", configuration.software)
        response.setBody(Array(SDP.write(change.ours).utf8), type: "application/sdp")
        transactions.respond(response, to: transaction, at: now)
        if leg.trunk?.isHeard == true { settle(leg.id, change.agreed, peer: change.offer, ours: change.ours) }
    }

    private func concluded(
        _ ourOffer: SessionDescription, _ answer: SessionDescription, of leg: SIPLeg
    ) throws(LegMediaFailure) -> AgreedMedia {
        let agreed: AgreedMedia
        do throws(NegotiationError) {
            agreed = try Negotiation.conclude(offer: ourOffer, answer: answer)
        } catch {
            throw LegMediaFailure(error)
        }
        if let failure = tooWeak(agreed.protection, on: leg.flow) { throw failure }
        return agreed
    }
}
