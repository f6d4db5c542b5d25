import Conference
import Primitives
import SIP

/// Calls that come and go by accounts of ours elsewhere.
extension SIPAdapter {
    /// What a request from outside means that comes by a line.
    struct LineEntry {
        var line: LineID
        /// The number that was called, as far as it is told.
        var callee: PeerAddress
        var destination: DialPlan.Destination
    }

    /// Most Diversion headers that are looked at.
    private static let mostDiversions = 8

    /// The line that a request comes by: the one whose Contact it was sent to, or one of the gateway's where its registrar
    /// calls one of our numbers. Who says that it is an account of ours has to prove it all the same.
    func lineEntry(
        _ request: SIPMessage, _ uri: SIPURI, _ flow: SIPFlow, _ conference: Conference
    ) -> LineEntry? {
        guard !lines.table.isEmpty,
            request.method == .invite || request.method == .options || request.method == .message,
            let user = uri.user,
            !claimsAccount(request, flow)
        else { return nil }
        if let line = lines.byToken[user] {
            let asserted = request.list("P-Called-Party-ID").first.flatMap { NameAddress($0) }
            let callee = PeerAddress((asserted ?? request.to).uri)
            return LineEntry(line: line, callee: callee, destination: conference.destination(of: callee, by: line))
        }
        let callee = PeerAddress(uri)
        let ip = flow.remote.ip.unmapped
        guard conference.numberRule(of: callee) != nil,
            let line = lines.table.values.first(where: { $0.key.isGateway && $0.value.addresses.contains(ip) })?.key
        else { return nil }
        return LineEntry(line: line, callee: callee, destination: conference.destination(of: callee, by: line))
    }

    private func claimsAccount(_ request: SIPMessage, _ flow: SIPFlow) -> Bool {
        guard let accounts = configuration.accounts else { return false }
        return accounts.claim(of: request.from.uri, at: flow.local) != SIPAccounts.Claim.none
    }

    /// Who sent a call on, as the Diversion headers say (RFC 5806 section 3).
    func diversions(of request: SIPMessage) -> [PeerAddress] {
        request.list("Diversion").prefix(SIPAdapter.mostDiversions).compactMap { NameAddress($0) }.map {
            PeerAddress($0.uri).bare
        }
    }

    /// Places a call by a line: from its address, with its password, to where it is registered.
    mutating func place(_ id: LegID, by line: LineID, at now: Instant) -> [Command] {
        guard let found = lines.table[line], let target = way(by: line) else {
            note(.info, "\(id): \(line) is not registered")
            return drop(id, .failed("The account is not registered now."), at: now)
        }
        legs[id]?.line = line
        legs[id]?.contact.uri.user = found.token
        legs[id]?.invite.routes = found.client.account.route
        return resolved(id, [target], at: now)
    }
}

extension LineID {
    fileprivate var isGateway: Bool { if case .gateway = self { true } else { false } }
}

extension Diversion {
    /// The header's value.
    var header: String { "\(NameAddress(SIPURI(from)));reason=\(reason);counter=1" }
}
