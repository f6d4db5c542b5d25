import Conference
import MediaDescription
import Primitives
import SIP

/// Why a leg can have no media.
struct LegMediaFailure: Error {
    var reason: EndReason
    var text: String
    /// What a refusal says besides.
    var headers: [SIPHeader] = []

    init(_ error: NegotiationError) {
        reason = .incompatible
        text = "no media in common: \(error)"
        headers = [SIPAdapter.warning(error)]
    }

    init(_ error: MediaUnavailable) {
        reason = .failed("no media resources")
        text = "no media: \(error.reason)"
    }

    init(_ text: String) {
        reason = .incompatible
        self.text = text
    }
}

/// Offers and answers of a leg (RFC 3264, RFC 6337), and what they settle.
extension SIPAdapter {
    /// Opens media of the kind an offer asks for, and answers it.
    func answer(
        _ offer: SessionDescription, for leg: inout SIPLeg
    ) throws(LegMediaFailure) -> (SessionDescription, AgreedMedia) {
        let local = try open(offer, for: leg)
        leg.local = local
        let preferred = media.preferred(leg.id)
        let (answer, agreed): (SessionDescription, AgreedMedia)
        do throws(NegotiationError) {
            (answer, agreed) = try Negotiation.answer(
                to: offer.preferring(preferred), configuration.capabilities.preferring(preferred), local: local,
                direction: leg.willing,
                currentSetup: handshakeRole(answering: offer, leg), origin: leg.origin)
        } catch {
            throw LegMediaFailure(error)
        }
        if let failure = tooWeak(agreed.protection, on: leg.flow) { throw failure }
        guard leg.keepsSecurity(in: agreed) else { throw LegMediaFailure("SRTP is not to be given up") }
        do throws(MediaUnavailable) {
            return (try restarted((answer, agreed), for: &leg), agreed)
        } catch {
            throw LegMediaFailure(error)
        }
    }

    private func open(_ offer: SessionDescription, for leg: SIPLeg) throws(LegMediaFailure) -> LocalMedia {
        if let local = leg.local { return local }
        do throws(MediaUnavailable) {
            switch Negotiation.transportKind(of: offer, capabilities: configuration.capabilities) {
            case .plain(let peer):
                let local = try media.openPlain(leg.id, towards: peer.isUnspecified ? leg.flow.remote.ip : peer)
                return advertised(local, to: leg.flow.remote.ip)
            case .ice: return try media.openICE(leg.id, isControlling: false)
            case .unsupported: throw MediaUnavailable(reason: "unsupported offer")
            }
        } catch {
            throw LegMediaFailure(error)
        }
    }

    /// Opens media and offers it, protected as it should be; or offers anew what stands.
    func offer(for leg: inout SIPLeg, towards peer: IPAddress) throws(LegMediaFailure) -> SessionDescription {
        if let described = leg.described {
            let offer = Negotiation.reoffer(described, direction: leg.willing)
            leg.ourOffer = offer
            return offer
        }
        do throws(MediaUnavailable) {
            let (local, protection) = try openForOffer(leg, towards: peer)
            leg.local = local
            let offer = Negotiation.offer(
                configuration.capabilities.preferring(media.preferred(leg.id)), local: local, direction: leg.willing,
                origin: leg.origin, protection: protection)
            leg.ourOffer = offer
            return offer
        } catch {
            throw LegMediaFailure(error)
        }
    }

    /// What an answer of the peer's settles for an offer of ours.
    mutating func conclude(
        _ id: LegID, _ ourOffer: SessionDescription, _ message: SIPMessage
    ) -> Result<[Command], LegMediaFailure> {
        guard case .description(let answer) = carried(by: message) else {
            return .failure(LegMediaFailure("no usable answer"))
        }
        return conclude(id, ourOffer, answer)
    }

    mutating func conclude(
        _ id: LegID, _ ourOffer: SessionDescription, _ answer: SessionDescription
    ) -> Result<[Command], LegMediaFailure> {
        do throws(NegotiationError) {
            let agreed = try Negotiation.conclude(offer: ourOffer, answer: answer)
            if let failure = legs[id].flatMap({ tooWeak(agreed.protection, on: $0.flow) }) { return .failure(failure) }
            guard legs[id]?.keepsSecurity(in: agreed) ?? true else {
                return .failure(LegMediaFailure("SRTP is not to be given up"))
            }
            return .success(settle(id, agreed, peer: answer, ours: ourOffer))
        } catch {
            return .failure(LegMediaFailure(error))
        }
    }

    /// Tells the media side what is settled, and the domain if the peer holds or resumes.
    @discardableResult
    mutating func settle(
        _ id: LegID, _ agreed: AgreedMedia, peer: SessionDescription, ours: SessionDescription
    ) -> [Command] {
        guard var leg = legs[id] else { return [] }
        leg.agreed = agreed
        leg.described = leg.narrowed(ours, to: agreed)
        if let sdes = agreed.sdes { leg.local?.cryptos = [SDESCrypto(tag: 1, sdes.send)] }
        let content = zip(ours.contents, peer.contents).first { $0.0.kind == .audio && !$0.0.isRejected }?.1
        let before = leg.wanted
        if let content {
            leg.wanted = Negotiation.effectiveDirection(of: content)
        }
        legs[id] = leg
        var agreed = agreed
        // Who holds a room hears nothing, and its music is not for the room.
        if leg.isRoom, !leg.wanted.receives { agreed.direction = .inactive }
        media.agree(id, agreed)
        if case .ice = agreed.transport, let content, !content.candidates.isEmpty {
            media.addCandidates(id, content.candidates)
        }
        return leg.wanted == before || leg.stage != .up ? [] : [.legDirection(id, leg.wanted)]
    }

    /// Why media were refused, in words (RFC 3261 section 20.43).
    static func warning(_ error: NegotiationError) -> SIPHeader {
        let (code, text) =
            switch error {
            case .noCommonCodec: (305, "Incompatible media format")
            case .unsupportedTransport, .transportMismatch: (302, "Incompatible transport protocol")
            case .noAudio, .rejected: (304, "Media type not available")
            case .badAnswer: (399, "Bad answer")
            }
        return SIPHeader("Warning", "\(code) confab \"\(text)\"")
    }
}

extension SessionDescription {
    /// Of the audio content that is not refused, as its describer sees it.
    var direction: StreamDirection? { contents.first { $0.kind == .audio && !$0.isRejected }?.direction }
}
