public import Conference
import ICE
import Logging
public import MediaDescription
import Primitives

extension MediaPlane {
    /// New credentials of ours beside the old ones: checks of the peer under those are still answered. DTLS goes on.
    public func restartICE(_ leg: LegID) throws(MediaUnavailable) -> LocalMedia {
        guard let session = legs[leg], session.agent != nil,
            case .ice(_, _, let fingerprint) = session.local.transport
        else { throw MediaUnavailable(reason: "no ICE to begin anew") }
        var credentials = ICECredentials.random(.system)
        while !demultiplexer.register(ufrag: credentials.ufrag, leg) { credentials = .random(.system) }
        let found = traversal.candidates(shared.map(\.local))
        act(on: session) { [credentials] agent in
            let now = MonotonicClock.now
            return agent.restart(credentials, now: now) + found.flatMap { agent.addLocalCandidate($0, now: now) }
        }
        session.local.transport = .ice(
            ICEParameters(ufrag: credentials.ufrag, pwd: credentials.pwd),
            candidates: session.agent.map(offered) ?? [],
            fingerprint: fingerprint)
        logger.debug("\(leg): the peer begins ICE anew")
        return session.local
    }
}
