import Primitives

/// `/call ADDRESS`: calls somebody into the room; what becomes of it is told to who asked.
extension Conference {
    mutating func call(
        _ text: String, for submission: Submission, _ now: Instant, _ wall: WallTime
    ) -> [Effect] {
        let (result, effects) = call(text, into: submission.room, by: submission.requester, now, wall)
        let reply = result == .notUnderstood ? ChatCommand.callUsage : result.words
        return [.submitted(submission.id, .reply(reply))] + effects
    }

    mutating func call(
        _ typed: String, into room: RoomName, by requester: Requester, _ now: Instant, _ wall: WallTime
    ) -> (result: CallingIn, effects: [Effect]) {
        guard let address = dialPlan.typed(typed) else { return (.notUnderstood, []) }
        let invitation = Invitation(id: nil, room: room, target: address, by: requester)
        switch target(of: invitation) {
        case .failure(let refusal): return (.refused(address, refusal.reason), noteFailure(of: invitation, refusal))
        case .success(nil): return (.present(address), [])
        case .success(let target?): return (.calling(address), dial(target, for: invitation, now, wall))
        }
    }
}

extension DialPlan {
    /// An address as somebody types it: with its scheme, a JID of a bridged domain, a SIP address, or a number.
    func typed(_ text: String) -> PeerAddress? {
        let word = text.prefix { !$0.isWhitespace }
        guard !word.isEmpty, word.utf8.count <= 512 else { return nil }
        for (scheme, network) in [("sip:", PeerAddress.Network.sip), ("sips:", .sip), ("xmpp:", .xmpp)]
        where word.lowercased().hasPrefix(scheme) {
            return address(word.dropFirst(scheme.count), on: network)
        }
        if word.lowercased().hasPrefix("tel:") {
            return PeerAddress(.sip, user: String(word.dropFirst(4).prefix { $0 != ";" }), host: "tel.invalid")
        }
        guard word.contains("@") else { return PeerAddress(.sip, user: String(word), host: "tel.invalid") }
        guard let jid = address(word, on: .xmpp) else { return nil }
        if case .success = outgoing(jid) { return jid }
        return address(word, on: .sip)
    }

    private func address(_ text: Substring, on network: PeerAddress.Network) -> PeerAddress? {
        let bare = text.prefix { $0 != ";" && $0 != "?" && (network == .sip || $0 != "/") }
        guard let at = bare.lastIndex(of: "@"), at != bare.startIndex else { return nil }
        let host = bare[bare.index(after: at)...].lowercased()
        return host.isEmpty ? nil : PeerAddress(network, user: String(bare[..<at]), host: host)
    }
}
