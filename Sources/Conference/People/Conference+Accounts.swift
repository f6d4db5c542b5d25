import Primitives

/// Who is believed to be who it says, and what only such may do.
extension Conference {
    /// Whether somebody has proven who it is: to its XMPP server, if that is one of ours, or by what the SIP side says.
    func isAuthenticated(_ address: PeerAddress, isProven: Bool) -> Bool {
        switch address.network {
        case .xmpp: configuration.isBridged(address.host)
        case .sip: isProven
        }
    }

    /// Whether what a caller says of itself may be taken for true: it was proven, or nobody asks for that.
    func isBelieved(_ call: IncomingCall) -> Bool {
        call.caller.network == .xmpp || call.isAuthenticated || !configuration.wantsProof
    }

    /// The participant that a caller is already, if that can be believed.
    func known(_ call: IncomingCall, in name: RoomName) -> Participant? {
        guard isBelieved(call), let known = states[name]?.room.participants.person(call.caller) else { return nil }
        if call.caller.network == .xmpp { return known }
        if configuration.wantsProof { return known.endpoints.allSatisfy(\.isAuthenticated) ? known : nil }
        // An address that anybody may write gives nobody a moderator's rights.
        return known.role != .moderator || isVouchedFor(call, by: known, in: name) ? known : nil
    }

    /// Whether there is more than an address to say that a caller is somebody who is in: a proof, or the host that the
    /// other call came from.
    func isVouchedFor(_ call: IncomingCall, by known: Participant, in name: RoomName) -> Bool {
        call.caller.network == .xmpp || call.isAuthenticated || isModerator(call, of: name)
            || known.endpoints.contains { !$0.isMUC && $0.isPresent && $0.origin == call.origin }
    }

    /// As whom a caller is counted: as nobody in particular, unless it is believed.
    func counted(_ call: IncomingCall, in name: RoomName) -> PeerAddress {
        let isNobody: Bool
        if let person = states[name]?.room.participants.person(call.caller), isBelieved(call) {
            isNobody = !isVouchedFor(call, by: person, in: name) && (known(call, in: name) == nil || isLocked(name))
        } else {
            isNobody = !isBelieved(call)
        }
        return isNobody ? PeerAddress(.sip, user: "", host: "anonymous.invalid") : call.caller
    }

    private func isLocked(_ name: RoomName) -> Bool { states[name]?.room.isLocked == true }

    /// Whether a call may go across the gateway. The accounts themselves can be called by everybody.
    func mayCross(_ call: IncomingCall, to target: PeerAddress) -> Bool {
        configuration.gatewayPolicy == .everyone || configuration.accounts?.contains(target) == true
            || isAuthenticated(call.caller, isProven: call.isAuthenticated)
    }

    /// Whether who asks is authenticated, by the very call from which it asks, or by itself.
    func isAuthenticated(_ requester: Requester, in name: RoomName) -> Bool {
        switch requester {
        case .leg(let leg):
            if case .entering(name, let entering) = legs[leg] {
                return self.isAuthenticated(entering.call.caller, isProven: entering.call.isAuthenticated)
            }
            guard let found = states[name]?.room.participants.endpoint(of: leg) else { return false }
            return isAuthenticated(found.endpoint.address, isProven: found.endpoint.isAuthenticated)
        case .claimant(let claimant): return isAuthenticated(claimant.address, isProven: claimant.isProven)
        }
    }

    /// Whether who asks may have somebody called into a room.
    func mayDialOut(_ requester: Requester, in name: RoomName) -> Bool {
        guard let role = role(of: requester, in: name) else { return false }
        return switch configuration.dialOut {
        case .everyone: role != .listener
        case .moderators: role == .moderator
        case .accounts: role != .listener && isAuthenticated(requester, in: name)
        case .nobody: false
        }
    }
}

extension ConferenceConfiguration {
    func isBridged(_ domain: String) -> Bool { bridgedDomains.contains(domain.lowercased()) }
}

extension ConferenceConfiguration {
    /// Whether only that one can be reached at a SIP address: an account of ours, or whoever a trusted peer has there.
    func vouches(for target: PeerAddress) -> Bool {
        if accounts?.contains(target) == true { return true }
        if let ip = IPAddress(target.hostName) { return trustedPeers.contains { $0.contains(ip.unmapped) } }
        return trunks.values.contains { $0.isTrusted && $0.host.lowercased() == target.host.lowercased() }
    }
}
