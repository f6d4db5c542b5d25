import Conference
import Primitives
import SIP

/// Whoever we speak with in a call demands credentials (RFC 3261 section 22.2).
extension SIPAdapter {
    /// Has credentials ready for a call that we place, where there are any.
    mutating func learnCredentials(of leg: SIPLeg) {
        let key = CallKey(leg)
        guard callCredentials[key] == nil,
            let user = leg.line.flatMap({ lines.user(of: $0) }) ?? leg.trunk?.settings.user
                ?? configuration.credentials[leg.peer.host.lowercased()]
        else { return }
        callCredentials[key] = CallCredentials(user: user)
    }

    /// The same for a call that came by an account of ours, from its registrar: nobody else is proven to know it.
    mutating func learnCredentials(of leg: SIPLeg, cameBy line: LineID) {
        guard let found = lines.table[line], found.addresses.contains(leg.flow.remote.ip.unmapped) else { return }
        callCredentials[CallKey(leg)] = CallCredentials(user: found.client.account.user)
    }

    /// The same call again, with credentials; nil when there are none, or they were refused.
    mutating func callWithCredentials(_ response: SIPMessage, _ leg: SIPLeg, at now: Instant) -> [Command]? {
        guard takeChallenge(response, in: leg.id), var leg = legs[leg.id] else { return nil }
        leg.invite.cseq.number += 1
        sign(&leg.invite, in: CallKey(leg))
        if let last = leg.clientInvite { purposes[last] = nil }
        guard let transaction = transactions.send(leg.invite, on: leg.flow, at: now) else {
            return drop(leg.id, .failed("too many transactions"), at: now)
        }
        leg.clientInvite = transaction
        purposes[transaction] = .invite(leg.id)
        legs[leg.id] = leg
        return []
    }

    /// Takes a challenge that an INVITE, re-INVITE or UPDATE of ours has met.
    /// - Returns: whether it is to be sent again.
    mutating func takeChallenge(_ response: SIPMessage, in id: LegID) -> Bool {
        guard let leg = legs[id], takeChallenge(response, in: CallKey(leg), after: leg.challenges) else { return false }
        legs[id]?.challenges += 1
        return true
    }

    private mutating func takeChallenge(_ response: SIPMessage, in call: CallKey, after earlier: Int) -> Bool {
        guard let status = response.status, status == 401 || status == 407, var known = callCredentials[call] else {
            return false
        }
        if var client = known.client {
            guard client.renew(by: response, after: earlier) else { return false }
            known.client = client
        } else {
            known.client = DigestClient(answering: response, as: known.user, entropy: entropy)
        }
        callCredentials[call] = known
        return known.client != nil
    }

    /// The call goes elsewhere, where what was demanded so far means nothing.
    mutating func forgetChallenges(of leg: inout SIPLeg) {
        callCredentials[CallKey(leg)]?.client = nil
        callCredentials[CallKey(leg)]?.ofInvite = []
        leg.challenges = 0
        leg.invite.removeCredentials()
    }

    /// Puts credentials into a request of a call in which they were demanded.
    mutating func sign(_ request: inout SIPMessage, in call: CallKey) {
        guard let hashing = configuration.hashing, var known = callCredentials[call], known.client != nil else {
            return
        }
        known.client?.sign(&request, hashing)
        if request.method == .invite { known.ofInvite = request.credentialHeaders }
        callCredentials[call] = known
    }

    /// The ACK to a 2xx has the credentials of its INVITE (RFC 3261 section 22.1).
    func copyCredentials(of call: CallKey, to ack: inout SIPMessage) {
        ack.headers += callCredentials[call]?.ofInvite ?? []
    }

    // MARK: In dialogs

    /// Keeps a request until its final response, where there are credentials for it. INVITE and UPDATE are made anew.
    mutating func keep(_ request: SIPMessage, _ id: ClientTransactionID, on flow: SIPFlow, in dialog: DialogID) {
        guard callCredentials[CallKey(dialog)] != nil, request.method != .invite, request.method != .update else {
            return
        }
        unanswered[id] = DialogRequest(message: request, flow: flow, dialog: dialog)
    }

    /// A final response to a request in a dialog: the same again, if it demands credentials that we have.
    mutating func sendsAgain(_ response: SIPMessage, _ id: ClientTransactionID, at now: Instant) -> Bool {
        guard var request = unanswered.removeValue(forKey: id), let purpose = purposes[id],
            let method = request.message.method,
            takeChallenge(response, in: CallKey(request.dialog), after: request.challenges)
        else { return false }
        request.challenges += 1
        // A text may go beside the dialog.
        if request.message.callID == request.dialog.callID, var dialog = dialogs[request.dialog]?.dialog {
            request.message.cseq = dialog.request(method).cseq
            dialogs[request.dialog]?.dialog = dialog
        } else {
            request.message.cseq.number = min(request.message.cseq.number + 1, UInt32(Int32.max))
        }
        sign(&request.message, in: CallKey(request.dialog))
        guard let next = transactions.send(request.message, on: request.flow, at: now) else { return false }
        purposes[id] = nil
        purposes[next] = purpose
        unanswered[next] = request
        switch purpose {
        case .text(let leg): legs[leg]?.text.isSentAgain(id, by: next)
        case .notify(let dialog, let key) where dialogs[dialog]?.subscriptions[key]?.inFlight == id:
            dialogs[dialog]?.subscriptions[key]?.inFlight = next
        default: break
        }
        return true
    }
}

extension SIPMessage {
    fileprivate static func isCredentials(_ header: SIPHeader) -> Bool {
        header.isNamed("Authorization") || header.isNamed("Proxy-Authorization")
    }

    var credentialHeaders: [SIPHeader] { headers.filter(SIPMessage.isCredentials) }

    mutating func removeCredentials() { headers.removeAll(where: SIPMessage.isCredentials) }
}
