import Conference
import Primitives
import SIP

/// Registering with others (RFC 3261 section 10.2): what the domain wants registered, and what registrars say.
extension SIPAdapter {
    /// Lines that begin together begin one after the other.
    private static let startInterval = Duration.milliseconds(20)

    mutating func register(_ id: LineID, _ account: LineAccount, at now: Instant) {
        guard let hashing = configuration.hashing else { return }
        let delay = SIPAdapter.startInterval * min(lines.table.count, 1000)
        let token = token(of: id, account, hashing)
        if let old = lines.table[id] {
            // The same address under another password is not to be taken away again by the farewell to the old one.
            if old.account.address != account.address { sendFarewell(id, at: now) }
            lines.remove(id)
        }
        let client = RegistrationClient(
            RegistrationAccount(account), supported: configuration.outgoing, hashing: hashing, entropy: entropy,
            start: now + delay)
        lines.table[id] = SIPLine(account: account, token: token, client: client)
        lines.byToken[token] = id
    }

    mutating func unregister(_ id: LineID, at now: Instant) -> [Command] {
        guard let actions = lines.table[id]?.client.leave(at: now) else { return [] }
        return follow(actions, of: id, at: now)
    }

    /// A REGISTER that takes the registration back, whose answer nobody waits for.
    private mutating func sendFarewell(_ id: LineID, at now: Instant) {
        guard let actions = lines.table[id]?.client.leave(at: now) else { return }
        _ = follow(actions, of: id, at: now)
        if let transaction = lines.table[id]?.transaction { purposes[transaction] = .nothing }
    }

    /// All registrations are taken back.
    public mutating func unregisterAll(at now: Instant) {
        for id in lines.table.values.keys { _ = unregister(id, at: now) }
    }

    mutating func wakeLines(at now: Instant) -> [Command] {
        var commands: [Command] = []
        for id in lines.table.takeDue(by: now) {
            if let actions = lines.table[id]?.client.wake(at: now) { commands += follow(actions, of: id, at: now) }
            lines.table.arm(id)
        }
        return commands
    }

    /// What the DNS says of a registrar. Users may not have us send into our own network, nor to the operator's trunks.
    mutating func resolved(_ id: LineID, _ targets: [SIPTarget], at now: Instant) -> [Command] {
        if case .gateway = id, let account = lines.table[id]?.account {
            let name = (account.proxy ?? account.registrar).hostPort
            if hosts.knows(name) { hosts.found(name, at: targets.map(\.address.ip), now: now) }
        }
        let permitted = permitted(targets, id)
        guard let actions = lines.table[id]?.client.resolved(permitted, at: now) else { return [] }
        return follow(actions, of: id, at: now)
    }

    private func permitted(_ targets: [SIPTarget], _ id: LineID) -> [SIPTarget] {
        guard case .person = id, let account = lines.table[id]?.account else { return targets }
        let host = account.proxy ?? account.registrar
        let policy = configuration.personalAccounts
        // One that was kept from before may be where the operator's trunk is by now.
        for own in configuration.operatorHosts where !policy.names(own) {
            if own.name == account.registrar.name || own.name == host.name { return [] }
        }
        return targets.filter {
            policy.allows($0.address.ip, foundFor: host) && (policy.names(host) || !hosts.contains($0.address.ip))
        }
    }

    /// Where calls and texts by a line go: to where it is registered, and nowhere while it is not.
    func way(by id: LineID) -> SIPTarget? {
        guard let client = lines.table[id]?.client, client.isRegistered, let target = client.target else { return nil }
        return permitted([target], id).first
    }

    private mutating func follow(
        _ actions: [RegistrationClient.Action], of id: LineID, at now: Instant
    ) -> [Command] {
        var commands: [Command] = []
        for action in actions {
            switch action {
            case .resolve(let search):
                output.lookups.append(SIPLookup(owner: .line(id), search: search))
            case .send(let target): commands += send(to: target, of: id, at: now)
            case .keepAlive:
                if let flow = lines.table[id]?.flow { transactions.send(Array("\r\n\r\n".utf8), on: flow) }
            case .report(let outcome): commands += report(outcome, id)
            }
        }
        return commands
    }

    private mutating func send(to target: SIPTarget, of id: LineID, at now: Instant) -> [Command] {
        guard var line = lines.table[id] else { return [] }
        let local = configuration.localAddress(target.transport, target.address.ip)
        guard permitted([target], id) == [target], local != nil else {
            return failed(id, at: now)
        }
        var flow = SIPFlow(target.transport, local: local, remote: target.address, serverName: target.domain)
        if let old = line.flow, old.remote == flow.remote, old.transport == flow.transport {
            flow.connection = old.connection
        }
        line.flow = flow
        line.addresses = [target.address.ip.unmapped]
        var request = line.client.request(contact: contact(user: line.token, on: flow, isFocus: false))
        request.set("User-Agent", configuration.software)
        request.set("Allow", SIPAdapter.peerMethods)
        line.transaction = transactions.send(request, on: flow, at: now)
        lines.table[id] = line
        guard let transaction = line.transaction else { return failed(id, at: now) }
        purposes[transaction] = .register(id)
        return []
    }

    /// The final response to a REGISTER of ours.
    mutating func registered(
        _ response: SIPMessage, _ id: LineID, _ transaction: ClientTransactionID, _ flow: SIPFlow, at now: Instant
    ) -> [Command] {
        guard var line = lines.table[id], line.transaction == transaction else { return [] }
        line.transaction = nil
        if let connection = flow.connection { line.flow?.connection = connection }
        if (200..<300).contains(response.status ?? 0) { line.keepAlive = SIPAdapter.keepAlive(grantedBy: response) }
        let actions = line.client.answered(response, contact: line.token, at: now)
        lines.table[id] = line
        return follow(actions, of: id, at: now)
    }

    mutating func registrationFailed(_ id: LineID, _ transaction: ClientTransactionID, at now: Instant) -> [Command] {
        guard lines.table[id]?.transaction == transaction else { return [] }
        return failed(id, at: now)
    }

    private mutating func failed(_ id: LineID, at now: Instant) -> [Command] {
        lines.table[id]?.transaction = nil
        guard let actions = lines.table[id]?.client.failed(at: now) else { return [] }
        return follow(actions, of: id, at: now)
    }

    private mutating func report(_ outcome: RegistrationClient.Outcome, _ id: LineID) -> [Command] {
        let address = lines.table[id]?.account.address.description ?? ""
        let wasRegistered = lines.table[id]?.isRegistered ?? false
        lines.table[id]?.isRegistered = outcome == .registered
        switch outcome {
        case .registered:
            note(wasRegistered ? .debug : .info, "\(id): \(address) is registered")
            return [.lineChanged(id, .registered)]
        case .failed(let text):
            note(.info, "\(id): \(address) is not registered: \(text)")
            return [.lineChanged(id, .failed(text))]
        case .refused(let text):
            note(.warning, "\(id): \(address) is refused, and rests for an hour: \(text)")
            return [.lineChanged(id, .refused(text))]
        case .removed:
            lines.remove(id)
            note(.info, "\(id): \(address) is no longer registered")
            return []
        }
    }

    /// Of the line and its address: our Contact is the same after a restart, and the registrar keeps one.
    private func token(of id: LineID, _ account: LineAccount, _ hashing: Hashing) -> String {
        let text = "\(id) \(account.address)"
        return Hex.encode(hashing.hmacSHA1(configuration.lineSecret, Array(text.utf8)))
    }
}

extension RegistrationAccount {
    init(_ account: LineAccount) {
        var address = SIPURI(account.registrar)
        address.user = account.user
        self.init(
            address: address, displayName: account.displayName,
            user: DigestUser(name: account.login ?? account.user, password: account.password),
            proxy: account.proxy.map { SIPURI($0) })
    }
}

extension SIPURI {
    init(_ host: RegistrarHost) {
        self.init(host: host.name, port: host.port)
        parameters["transport"] = host.transport
    }
}
