import Conference

extension World {
    struct NotDialled: Error {}

    static func musical() -> ConferenceConfiguration {
        var configuration = World.demo
        configuration.inCall.musicOnHold = true
        return configuration
    }

    /// A call across the gateway that both have answered.
    mutating func bridged(
        from caller: PeerAddress = .xmpp("alice@localhost/phone"), to callee: PeerAddress = .xmpp("100@sip.localhost"),
        name: String? = "Alice"
    ) throws -> (caller: LegID, callee: LegID) {
        let leg = newLeg()
        let other = try offer(leg, from: caller, to: callee, name: name).calledLeg()
        tell(.legAnswered(other))
        tell(.legAnswered(leg))
        return (leg, other)
    }

    @discardableResult
    mutating func type(
        _ body: String, in leg: LegID? = nil, by sender: PeerAddress = .xmpp("alice@localhost/phone"),
        to peer: PeerAddress = .xmpp("100@sip.localhost")
    ) -> [Effect] {
        tell(.callText(CallText(id: SubmissionID(7), leg: leg, sender: sender, peer: peer, body: body)))
    }
}

extension [Effect] {
    /// The leg that is dialled, of which there is one.
    func calledLeg() throws -> LegID {
        for case .dial(let leg, _) in self { return leg }
        throw World.NotDialled()
    }

    var outgoing: OutgoingCall? {
        for case .dial(_, let call) in self { return call }
        return nil
    }

    var told: [RequestProgress] { compactMap { if case .progress(_, let progress) = $0 { progress } else { nil } } }

    /// Keys that are pressed for a leg.
    func keys(for leg: LegID) -> String {
        String(compactMap { if case .sendKey(leg, let key) = $0 { key.character } else { nil as Character? } })
    }

    func ends(_ leg: LegID) -> Bool { contains { if case .end(leg, _) = $0 { true } else { false } } }
}

extension Bridge {
    var mixID: MixID? { if case .connected(let mix) = phase { mix } else { nil } }
}
