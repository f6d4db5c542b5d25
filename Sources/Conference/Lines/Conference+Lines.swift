import MediaDescription
import Primitives

/// Accounts of ours at registrars elsewhere: the whole gateway's, and the XMPP users' own.
extension Conference {
    /// Puts an XMPP user's account back, before the first command.
    /// One whose owner may have none any more is left where it is kept.
    public mutating func restore(_ account: PersonalAccount) {
        if mayHaveAccount(account.owner) { lines.accounts[account.owner] = account }
    }

    /// All accounts that are to be registered, the gateway's first.
    func registrations() -> [Effect] {
        let ours = configuration.lines.enumerated().map { Effect.register(.gateway($0.offset), $0.element) }
        let owners = lines.accounts.keys.sorted { $0.description < $1.description }
        return ours + owners.compactMap { lines.accounts[$0] }.map { .register(.person($0.owner), $0.line) }
    }

    /// Whether an XMPP user may have an account of its own.
    public func mayHaveAccount(_ user: PeerAddress) -> Bool {
        user.network == .xmpp && !user.user.isEmpty
            && configuration.personalAccounts.admits(user.host, bridged: configuration.bridgedDomains)
    }

    /// The account of an XMPP user.
    public func account(of user: PeerAddress) -> PersonalAccount? { lines.accounts[user.bare] }

    /// How it stands.
    public func lineState(of user: PeerAddress) -> LineState { lines.states[.person(user.bare)] ?? .trying }

    /// An XMPP user wants an account, another one, or none any more.
    mutating func account(
        _ id: AccountRequestID, _ user: PeerAddress, _ wish: AccountWish, _ now: Instant
    ) -> [Effect] {
        let owner = user.bare
        switch wish {
        case .remove:
            guard lines.accounts.removeValue(forKey: owner) != nil else {
                return [.accountAnswered(id, .refused(.none))]
            }
            lines.states[.person(owner)] = nil
            return [
                .store(.personalAccountRemoved(owner)), .unregister(.person(owner)), .accountAnswered(id, .done),
                .lineState(owner, .removed),
            ]
        case .set(let line, let voicemail):
            let account = PersonalAccount(owner: owner, line: line, voicemail: voicemail)
            if let refusal = refusal(of: account) { return [.accountAnswered(id, .refused(refusal))] }
            guard lines.mayChange(owner, at: now) else { return [.accountAnswered(id, .refused(.tooOften))] }
            lines.accounts[owner] = account
            lines.states[.person(owner)] = .trying
            return [
                .store(.personalAccount(account)), .register(.person(owner), line), .accountAnswered(id, .done),
            ]
        }
    }

    private func refusal(of account: PersonalAccount) -> AccountRefusal? {
        let policy = configuration.personalAccounts
        let (owner, line) = (account.owner, account.line)
        guard mayHaveAccount(owner) else { return .notForYou }
        if lines.accounts[owner] == nil {
            guard lines.accounts.count < policy.maximum, lines.count(of: owner.host) < policy.maximumOfDomain else {
                return .tooMany
            }
        }
        func isFine(_ text: String, upTo limit: Int) -> Bool {
            !text.isEmpty && text.utf8.count <= limit
                && text.unicodeScalars.allSatisfy { !ParticipantName.isForbidden($0.properties.generalCategory) }
        }
        guard isFine(line.user, upTo: 128), !line.user.contains("@"), !line.user.contains(" ") else {
            return .malformed("The user name is missing, too long, or has characters that no address has.")
        }
        guard line.login.map({ isFine($0, upTo: 256) }) ?? true else { return .malformed("The login is too long.") }
        guard isFine(line.password.secret, upTo: 256) else {
            return .malformed("The password is missing, too long, or has characters that cannot be sent.")
        }
        guard line.displayName.map({ isFine($0, upTo: 128) }) ?? true else {
            return .malformed("The name is too long.")
        }
        guard account.voicemail.map({ isFine($0, upTo: 128) && !$0.contains("@") && !$0.contains(" ") }) ?? true
        else { return .malformed("The voicemail is a number, or a name before the @.") }
        let hosts = [line.registrar] + [line.proxy].compactMap(\.self)
        guard hosts.allSatisfy(policy.allows) else { return .registrar }
        guard !hosts.contains(where: configuration.isOperators) else { return .operators }
        return nil
    }

    /// The registrar has said something, or has not.
    mutating func lineChanged(_ line: LineID, _ state: LineState) -> [Effect] {
        if case .person(let owner) = line, lines.accounts[owner] == nil { return [] }
        let before = lines.states.updateValue(state, forKey: line)
        // That it still fails, be it in other words, is told once.
        guard case .person(let owner) = line, before.map({ !$0.isLike(state) }) ?? true else { return [] }
        return [.lineState(owner, state)]
    }

    // MARK: Calls

    /// A caller at the exchange of the callee's own account, as a number that the callee can call back by it.
    func caller(_ call: IncomingCall, by line: LineID?) -> PeerAddress? {
        guard case .person(let owner) = line, let account = lines.accounts[owner]?.line,
            call.caller.identifiesPerson, call.caller.hostName.lowercased() == account.registrar.name,
            !call.caller.user.contains("@"), dialPlan.isDialable(call.caller.user)
        else { return nil }
        return PeerAddress(
            .xmpp, user: JIDEscaping.localpart(call.caller.user), host: configuration.gatewayDomain)
    }

    /// A caller whom somebody vouches for, who can be called back by the routes: a trusted peer, or the exchange where the
    /// gateway itself registers.
    func homed(_ caller: PeerAddress, isProven: Bool, by line: LineID?) -> PeerAddress {
        switch line {
        case .person: caller
        case .gateway: dialPlan.homed(caller)
        case nil: isProven ? dialPlan.homed(caller) : caller
        }
    }

    /// Where a call leads that came by a line of ours.
    /// - Parameter callee: with the number that was called as the user.
    public func destination(of callee: PeerAddress, by line: LineID) -> DialPlan.Destination {
        switch line {
        case .person(let owner): lines.accounts[owner] == nil ? .refused(.notFound) : .peer(owner)
        case .gateway: numberRule(of: callee)?.destination ?? .refused(.notFound)
        }
    }

    /// The rule for a number of ours.
    public func numberRule(of callee: PeerAddress) -> NumberRule? {
        callee.network == .sip ? configuration.numberRules.first { $0.matches(callee.user) } : nil
    }

    /// Where an offered call leads, and by which line it is to go on: a number that somebody with an account of his own
    /// dials is that account's.
    func route(of call: IncomingCall) -> (destination: DialPlan.Destination, line: LineID?) {
        if let line = call.line { return (destination(of: call.callee, by: line), nil) }
        let plan = dialPlan.destination(of: call.callee)
        if let number = number(dialledBy: call, plan) { return (number, nil) }
        guard call.caller.network == .xmpp, dialPlan.isGateway(call.callee.host),
            let account = lines.accounts[call.caller.bare]
        else { return (plan, nil) }
        let number = PersonalAccount.plain(JIDEscaping.unescape(call.callee.user))
        if case .peer(let target) = plan, configuration.accounts?.contains(target) == true { return (plan, nil) }
        guard dialPlan.isDialable(number), !number.contains("@"), !number.contains("%") else { return (plan, nil) }
        let target = PeerAddress(.sip, user: number, host: account.line.registrar.hostPort)
        return (.peer(target), .person(account.owner))
    }
}
