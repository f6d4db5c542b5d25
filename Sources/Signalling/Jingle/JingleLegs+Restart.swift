import Conference
import Jingle
import MediaDescription
import Primitives

/// ICE restart by the peer, whose address has changed: the call goes on.
extension JingleLegs {
    /// Takes the peer's new credentials; an accepted call answers with new ones of ours, and any other with its accept.
    mutating func restarted(_ leg: JingleLeg, _ restart: ICERestart, now: Instant) -> [Command] {
        guard var agreed = leg.agreed, case .ice(_, let fingerprints, let isClient) = agreed.transport else {
            return []
        }
        agreed.transport = .ice(remote: restart.remote, fingerprints: fingerprints, isDTLSClient: isClient)
        legs[leg.id]?.agreed = agreed
        guard leg.isActive else {
            if !restart.candidates.isEmpty { media.addCandidates(leg.id, restart.candidates) }
            return []
        }
        do throws(MediaUnavailable) {
            let local = try media.restartICE(leg.id)
            legs[leg.id]?.localMedia = local
            media.agree(leg.id, agreed)
            if !restart.candidates.isEmpty { media.addCandidates(leg.id, restart.candidates) }
            guard case .ice(let ice, let candidates, _) = local.transport,
                let request = legs[leg.id]?.session?.answer(restart, ice, candidates)
            else { return [] }
            send(request, of: leg, now: now)
            return []
        } catch {
            return mediaFailed(leg.id, .failed(error.reason), now: now)
        }
    }
}
