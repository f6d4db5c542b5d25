/// Phones learn to whom they talk after a transfer (RFC 4916), and no more of it than a call from there would show.
extension Conference {
    /// Tells a SIP end who the other one is.
    func identify(to leg: LegID, in bridge: Bridge) -> [Effect] {
        guard bridge.address(of: leg).network == .sip, !bridge.inCall[leg].isByLine else { return [] }
        let other = bridge.other(than: leg)
        let address = bridge.address(of: other).bare
        var party = ConnectedParty(
            address: dialPlan.caller(address, seenFrom: .sip), displayName: nil,
            trunk: trunk(behind: leg, in: bridge, showing: address))
        // Who dialled a number knows numbers: where none is known that may be shown, nothing is.
        if party.trunk == nil, leg == bridge.caller, numberRule(of: bridge.dialled) != nil { return [] }
        guard address.identifiesPerson else {
            party.trunk = TrunkCall(name: party.trunk?.name ?? "", callerID: CallerIDs.hidden)
            return [.identify(leg, party)]
        }
        if let name = bridge.inCall[other].displayName, let clean = ParticipantName.clean(name) {
            party.displayName = ParticipantName.noNumber(clean)
        }
        return [.identify(leg, party)]
    }

    /// The trunk by which a call goes, or from whose host it came.
    private func trunk(behind leg: LegID, in bridge: Bridge, showing address: PeerAddress) -> TrunkCall? {
        let hosts = [bridge.address(of: leg).hostName, bridge.inCall[leg].origin ?? ""]
        var name = trunks.trunk(of: leg)
        if name == nil {
            for candidate in configuration.trunks.keys.sorted() {
                guard let host = configuration.trunks[candidate]?.host else { continue }
                if hosts.contains(PeerAddress(.sip, user: "", host: host).hostName) {
                    name = candidate
                    break
                }
            }
        }
        guard let name, let trunk = configuration.trunks[name] else { return nil }
        return TrunkCall(name: name, callerID: trunk.callerIDs.number(for: address))
    }
}
