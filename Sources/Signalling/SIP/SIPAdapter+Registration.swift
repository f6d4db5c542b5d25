import Conference
public import Primitives
public import SIP

/// REGISTER for the accounts of ours (RFC 3261 section 10).
extension SIPAdapter {
    mutating func register(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ accounts: SIPAccounts, at now: Instant
    ) {
        guard let uri = request.requestURI, uri.isSIP, uri.scheme == "sip" || flow.transport.isSecure else {
            return reply(request, id, 416, at: now)
        }
        guard request.require.isEmpty else {
            let unsupported = request.require.joined(separator: ", ")
            return reply(request, id, 420, headers: [SIPHeader("Unsupported", unsupported)], at: now)
        }
        let verdict = digest?.judge(request, from: flow.remote.ip, at: now) ?? .missing
        guard case .account(let name) = verdict else { return refuse(request, id, flow, verdict, at: now) }
        switch accounts.claim(of: request.to.uri, at: flow.local) {
        case .account(name): break
        case .account, .nobody: return reply(request, id, 403, "The address is somebody else's", at: now)
        case .none: return reply(request, id, 404, "Not one of our domain", at: now)
        }
        do throws(Registrar.Refusal) {
            try registrar.register(name, request, on: flow, at: now)
        } catch {
            return reply(request, id, error.status, error.reason, headers: error.headers, at: now)
        }
        noteRegistrations()
        var response = request.response(200, tag: transactions.tag(of: id))
        response.contacts = registrar.bindings(of: name, at: now).map { binding in
            var contact = binding.contact
            let left = (binding.expires - now).components
            contact.parameters["expires"] = String(left.seconds + (left.attoseconds > 0 ? 1 : 0))
            return contact
        }
        response.set("Server", configuration.software)
        transactions.respond(response, to: id, at: now)
        note(.debug, "\(name) is reached in \(response.contacts.count) places, the last from \(flow.remote)")
    }

    /// Puts back what was kept of an account's registrations, before anything is received.
    public mutating func restore(_ bindings: [Binding], of account: String) {
        guard configuration.accounts?.secrets[account] != nil else { return }
        registrar.restore(bindings, of: account)
    }

    /// Where an account is reached.
    public func bindings(of account: String, at now: Instant) -> [Binding] { registrar.bindings(of: account, at: now) }

    /// What is to be kept of who registered or went.
    mutating func noteRegistrations() {
        let changes = registrar.takeChanges()
        output.registrations += changes
        movedAccounts.formUnion(changes.filter { accountWatchers[$0] != nil })
    }
}
