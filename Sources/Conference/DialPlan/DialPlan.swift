import Primitives

/// What a dialled address means, and who a caller is on the other side of the gateway.
public struct DialPlan: Sendable, Hashable {
    /// What an address leads to.
    public enum Destination: Sendable, Hashable {
        case room(RoomName)
        /// Somebody on the other network, who is to be called.
        case peer(PeerAddress)
        case refused(EndReason)
    }

    private let talkDomain: String
    private let roomsDomain: String
    private let gatewayDomain: String
    private let bridgedDomains: Set<String>
    private let routes: [GatewayRoute]
    private let accounts: AccountDirectory?
    private let numbers: NumberPlan
    private let aliases: [String: String]
    private let numberRules: [NumberRule]

    public init(_ configuration: ConferenceConfiguration) {
        talkDomain = DomainLabels.unicode(configuration.talkDomain.lowercased())
        roomsDomain = DomainLabels.unicode(configuration.roomsDomain.lowercased())
        gatewayDomain = DomainLabels.unicode(configuration.gatewayDomain.lowercased())
        bridgedDomains = Set(configuration.bridgedDomains.map { DomainLabels.unicode($0.lowercased()) })
        routes = configuration.routes
        accounts = configuration.accounts
        numbers = configuration.numbers
        aliases = configuration.aliases
        numberRules = configuration.numberRules
    }

    /// Where a call to that address goes, whether or not the room exists.
    public func destination(of dialled: PeerAddress) -> Destination {
        switch dialled.network {
        case .sip: sipDestination(dialled)
        case .xmpp: xmppDestination(dialled)
        }
    }

    /// Whom an address means that a room is to call: somebody of a bridged domain, or what the routes allow.
    public func outgoing(_ dialled: PeerAddress) -> Result<PeerAddress, Refusal> {
        let destination: Destination
        let host = DomainLabels.unicode(dialled.hostName.lowercased())
        switch dialled.network {
        case .xmpp:
            if bridgedDomains.contains(host) { return .success(dialled.bare) }
            destination = host == gatewayDomain ? number(JIDEscaping.unescape(dialled.user)) : .refused(.forbidden)
        case .sip where (host == talkDomain || host == accounts?.domain) && accounts?.address(dialled.user) != nil:
            destination = accounts?.address(dialled.user).map { .peer($0) } ?? .refused(.notFound)
        case .sip where host == gatewayDomain && dialled.user.contains("@") || bridgedDomains.contains(host):
            destination = sipDestination(dialled)
        case .sip
        where [gatewayDomain, talkDomain, roomsDomain, PeerAddress.telephone, accounts?.domain].contains(host):
            destination = number(dialled.user)
        case .sip: destination = dialled.user.isEmpty ? .refused(.notFound) : number("\(dialled.user)@\(dialled.host)")
        }
        return switch destination {
        case .peer(let peer): .success(peer)
        case .room: .failure(Refusal(.forbidden))
        case .refused(let reason): .failure(Refusal(reason))
        }
    }

    /// The address under which a caller is seen, and can be called back, on the other network; unchanged on its own.
    public func caller(_ caller: PeerAddress, seenFrom network: PeerAddress.Network) -> PeerAddress {
        switch (caller.network, network) {
        case (.xmpp, .sip): sipCaller(caller)
        case (.sip, .xmpp): xmppCaller(caller)
        case (.sip, .sip), (.xmpp, .xmpp): caller
        }
    }

    /// Whether that is the gateway's domain, behind whose addresses stand those of the SIP side.
    func isGateway(_ host: String) -> Bool { DomainLabels.unicode(host.lowercased()) == gatewayDomain }

    // MARK: From SIP

    private func sipDestination(_ dialled: PeerAddress) -> Destination {
        let host = DomainLabels.unicode(dialled.hostName.lowercased())
        // An account's name means it, and no room, wherever it is not said which.
        let meansAccounts = host == accounts?.domain || host != talkDomain || accounts?.domain == talkDomain
        let isElsewhere = host == roomsDomain || host == gatewayDomain || host != accounts?.domain && isBridged(host)
        if meansAccounts, !isElsewhere, let account = accounts?.address(dialled.user) { return .peer(account) }
        if !isBridged(host), let rule = numberRules.first(where: { $0.matches(dialled.user) }) {
            return rule.destination
        }
        if host == talkDomain || host == roomsDomain { return room(dialled.user) }
        if host == gatewayDomain {
            // sip:romeo%40other.net@gateway, RFC 7247 section 6: the localpart has no @ of its own.
            guard let at = dialled.user.firstIndex(of: "@") else { return .refused(.notFound) }
            let domain = DomainLabels.unicode(dialled.user[dialled.user.index(after: at)...].lowercased())
            guard bridgedDomains.contains(domain) else { return .refused(.forbidden) }
            return jid(user: dialled.user[..<at], domain: domain, device: dialled.resource)
        }
        if isBridged(host) { return jid(user: dialled.user[...], domain: host, device: dialled.resource) }
        return room(dialled.user)
    }

    /// A user of XMPP, or one of its devices, where the URI has a `gr` (RFC 7247 section 6).
    private func jid(user: Substring, domain: String, device: String?) -> Destination {
        let text = user.lowercased()
        let localpart = JIDEscaping.escape(text)
        guard isDialable(text), isLocalpart(text), localpart.utf8.count <= 1023,
            device.map({ isDialable($0) }) ?? true
        else { return .refused(.notFound) }
        return .peer(PeerAddress(.xmpp, user: localpart, host: domain, resource: device))
    }

    // MARK: From XMPP

    private func xmppDestination(_ dialled: PeerAddress) -> Destination {
        switch DomainLabels.unicode(dialled.host.lowercased()) {
        case talkDomain: room(dialled.user)
        case gatewayDomain: number(JIDEscaping.unescape(dialled.user))
        default: .refused(.notFound)
        }
    }

    private func number(_ dialled: String) -> Destination {
        guard isDialable(dialled) else { return .refused(.notFound) }
        if let account = accounts?.address(dialled) { return .peer(account) }
        let dialled = meaning(of: dialled)
        guard let at = dialled.lastIndex(of: "@") else {
            guard let route = routes.first(where: { $0.matches(dialled) && $0.host != "*" }) else {
                return .refused(.forbidden)
            }
            return .peer(PeerAddress(.sip, user: dialled, host: route.host))
        }
        // An explicit address: a rule must name it as a whole, or lead to its very host.
        let user = String(dialled[..<at])
        let host = dialled[dialled.index(after: at)...].lowercased()
        guard !user.isEmpty, !host.isEmpty else { return .refused(.notFound) }
        let route = routes.first {
            $0.pattern.contains("@")
                ? $0.matches("\(user)@\(host)") : $0.matches(user) && Self.isSameHost($0.host, host)
        }
        guard let route else { return .refused(.forbidden) }
        return .peer(PeerAddress(.sip, user: user, host: DomainLabels.ascii(route.host == "*" ? host : route.host)))
    }

    /// What an alias stands for; `user%host` as `user@host`, and numbers without separators.
    private func meaning(of dialled: String) -> String {
        let meant = aliases[dialled.lowercased()] ?? dialled
        if !meant.contains("@"), let percent = meant.lastIndex(of: "%"), percent != meant.startIndex {
            let host = meant[meant.index(after: percent)...]
            if host.contains("."), !host.contains(" ") { return meant[..<percent] + "@" + host }
        }
        guard let at = meant.lastIndex(of: "@") else { return numbers.normal(meant) }
        return numbers.normal(String(meant[..<at])) + meant[at...]
    }

    /// The trunks by which a call to an address goes that a route led to, in the route's order.
    func trunks(to target: PeerAddress) -> [String] { route(to: target)?.trunks ?? [] }

    /// Whether the route by which a number goes means it, rather than all that there are.
    func names(_ target: PeerAddress) -> Bool {
        guard let pattern = route(to: target)?.pattern else { return false }
        return !pattern.contains("*") || pattern.first.map { $0 != "*" && $0 != "?" } ?? false
    }

    /// The route that led to an address.
    private func route(to target: PeerAddress) -> GatewayRoute? {
        guard target.network == .sip, accounts?.contains(target) != true else { return nil }
        let leading = routes.filter { route in
            guard Self.isSameHost(route.host, target.host) else { return false }
            return GatewayRoute(pattern: String(route.pattern.prefix { $0 != "@" }), host: "").matches(target.user)
        }
        // Numbers go by a rule for numbers, where another for addresses leads to the same host.
        let isNumber = DialledNumber(target.user) != nil
        return leading.first { isNumber && !$0.pattern.contains("@") } ?? leading.first
    }

    // MARK: Callers

    private func sipCaller(_ caller: PeerAddress) -> PeerAddress {
        let user = JIDEscaping.unescape(caller.user)
        let domain = DomainLabels.unicode(caller.host.lowercased())
        if isBridged(domain) { return PeerAddress(.sip, user: user, host: DomainLabels.ascii(domain)) }
        return PeerAddress(.sip, user: "\(user)@\(domain)", host: DomainLabels.ascii(gatewayDomain))
    }

    private func xmppCaller(_ caller: PeerAddress) -> PeerAddress {
        guard caller.identifiesPerson else { return PeerAddress(.xmpp, user: "anonymous", host: gatewayDomain) }
        if !caller.user.contains("@"), case .peer(let back) = number(caller.user),
            back.user == numbers.normal(caller.user), Self.isSameHost(back.host, caller.host),
            isLocalpart(back.user)
        {
            return PeerAddress(.xmpp, user: JIDEscaping.localpart(back.user), host: gatewayDomain)
        }
        let trimmed = caller.user.drop { $0 == " " }
        let text = "\(trimmed)@\(caller.host)".unicodeScalars.filter {
            !ParticipantName.isForbidden($0.properties.generalCategory) && ($0 == " " || !$0.properties.isWhitespace)
        }
        let localpart = JIDEscaping.localpart(String(String.UnicodeScalarView(text)))
        guard localpart.utf8.count <= 1023 else { return PeerAddress(.xmpp, user: "unknown", host: gatewayDomain) }
        return PeerAddress(.xmpp, user: localpart, host: gatewayDomain)
    }

    /// The number of a caller for whom a trunk vouches, at the host by which the routes reach it: exchanges write there
    /// their own address, ours, or anything. Short numbers are one exchange's alone, so only where there is no other.
    func homed(_ caller: PeerAddress) -> PeerAddress {
        guard caller.network == .sip, NumberPlan.isNumber(caller.user), case .peer(let back) = number(caller.user),
            accounts?.contains(back) != true, back.network == .sip,
            back.user.hasPrefix("+") || routes.allSatisfy({ Self.isSameHost($0.host, back.host) })
        else { return caller }
        return back
    }

    // MARK: Checks

    private func isBridged(_ host: String) -> Bool { bridgedDomains.contains(host) }

    private func room(_ user: String) -> Destination {
        RoomName(user).map { .room($0) } ?? .refused(.notFound)
    }

    /// Whether a user part can be called at all: neither empty, nor endless, nor with characters that no URI holds.
    func isDialable(_ user: String) -> Bool {
        !user.isEmpty && user.utf8.count <= 256
            && user.unicodeScalars.allSatisfy { !ParticipantName.isForbidden($0.properties.generalCategory) }
    }

    private func isLocalpart(_ user: String) -> Bool {
        user.first != " " && user.last != " "
            && user.unicodeScalars.allSatisfy { $0 == " " || !$0.properties.isWhitespace }
    }

    /// The same host and port, where 5060 need not be written.
    private static func isSameHost(_ a: String, _ b: String) -> Bool { normal(a) == normal(b) }

    private static func normal(_ host: String) -> String {
        let lowered = host.lowercased()
        return lowered.hasSuffix(":5060") ? String(lowered.dropLast(5)) : lowered
    }
}
