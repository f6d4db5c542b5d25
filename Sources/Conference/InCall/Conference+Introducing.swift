import Primitives

/// Who stays in a call that was transferred reads with whom it goes on.
extension Conference {
    /// Tells both ends of a call, as far as they are XMPP clients: these show no new name in a session that is up.
    func introduce(_ caller: LegID) -> [Effect] {
        guard let bridge = bridgesByCaller[caller] else { return [] }
        return introduce(bridge.callee, to: bridge.caller, in: bridge)
            + introduce(bridge.caller, to: bridge.callee, in: bridge)
    }

    private func introduce(_ other: LegID, to leg: LegID, in bridge: Bridge) -> [Effect] {
        let reader = bridge.address(of: leg)
        guard reader.network == .xmpp else { return [] }
        let text = InstantText("You are talking to \(name(of: other, in: bridge)) now.")
        return [
            .pass(
                InstantDelivery(
                    id: entropy.uuid(), target: reader.bare, sender: face(for: leg, in: bridge), displayName: nil,
                    leg: leg, content: .text(text)))
        ]
    }

    /// The name that somebody gives, and the address that can be called back.
    private func name(of leg: LegID, in bridge: Bridge) -> String {
        let address = bridge.address(of: leg)
        let name = bridge.inCall[leg].displayName.flatMap(ParticipantName.clean)
        guard address.identifiesPerson else { return name ?? "somebody who does not say who it is" }
        let shown = dialPlan.caller(address.bare, seenFrom: .xmpp)
        return if let name { "\(name) (\(shown))" } else { "\(shown)" }
    }
}
