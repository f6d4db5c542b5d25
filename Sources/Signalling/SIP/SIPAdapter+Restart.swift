import Conference
import MediaDescription

/// ICE restart by a re-INVITE (RFC 8839 section 4.4.1.1).
extension SIPAdapter {
    /// The same answer under new credentials of ours, where the offer has new ones.
    func restarted(
        _ answered: (answer: SessionDescription, agreed: AgreedMedia), for leg: inout SIPLeg
    ) throws(MediaUnavailable) -> SessionDescription {
        guard let known = leg.agreed, case .ice(let old, _, _) = known.transport,
            case .ice(let new, _, _) = answered.agreed.transport, (old.ufrag, old.pwd) != (new.ufrag, new.pwd)
        else { return answered.answer }
        let local = try media.restartICE(leg.id)
        leg.local = local
        guard case .ice(let ours, let candidates, _) = local.transport else { return answered.answer }
        var answer = answered.answer
        for index in answer.contents.indices where answer.contents[index].ice != nil {
            answer.contents[index].ice = ours
            answer.contents[index].candidates = candidates
        }
        return answer
    }
}
