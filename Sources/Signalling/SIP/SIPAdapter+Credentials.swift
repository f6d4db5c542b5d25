import Conference
import Primitives
import SIP

/// Whoever we call demands credentials (RFC 3261 section 22.2).
extension SIPAdapter {
    /// The same call again, with credentials; nil when there are none, or they were refused.
    mutating func callWithCredentials(_ response: SIPMessage, _ leg: SIPLeg, at now: Instant) -> [Command]? {
        guard takeChallenge(response, in: leg) else { return nil }
        var leg = leg
        leg.invite.cseq.number += 1
        sign(&leg.invite, of: leg.id)
        if let last = leg.clientInvite { purposes[last] = nil }
        guard let transaction = transactions.send(leg.invite, on: leg.flow, at: now) else {
            return drop(leg.id, .failed("too many transactions"), at: now)
        }
        leg.clientInvite = transaction
        purposes[transaction] = .invite(leg.id)
        legs[leg.id] = leg
        return []
    }

    /// Takes a challenge that a request of ours has met.
    /// - Returns: whether it is to be sent again.
    mutating func takeChallenge(_ response: SIPMessage, in leg: SIPLeg) -> Bool {
        guard let status = response.status, status == 401 || status == 407, !leg.isIncoming,
            let user = leg.line.flatMap({ lines.user(of: $0) }) ?? leg.trunk?.settings.user
                ?? configuration.credentials[leg.peer.host.lowercased()]
        else { return false }
        if var client = digests[leg.id] {
            guard client.renew(by: response) else { return false }
            digests[leg.id] = client
        } else {
            digests[leg.id] = DigestClient(answering: response, as: user, entropy: entropy)
        }
        return digests[leg.id] != nil
    }

    /// Puts credentials into a request of a call in which they were demanded.
    mutating func sign(_ request: inout SIPMessage, of leg: LegID) {
        guard let hashing = configuration.hashing else { return }
        digests[leg]?.sign(&request, hashing)
    }

    /// The ACK to a 2xx has the credentials of its INVITE (RFC 3261 section 22.1).
    func copyCredentials(of leg: LegID?, to ack: inout SIPMessage) {
        guard let leg, digests[leg] != nil, let invite = legs[leg]?.invite else { return }
        ack.headers += invite.headers.filter { $0.isNamed("Authorization") || $0.isNamed("Proxy-Authorization") }
    }
}
