import Conference
import Primitives
import XMPP

/// An XMPP user registers an account of its own with the gateway (XEP-0077, XEP-0100 section 4.1).
extension XMPPAdapter {
    /// A request to the gateway that is about accounts; nil for another. The domain's word is the answer to wishes.
    mutating func accounts(
        _ iq: XMLElement, _ from: JID, _ target: XMPPTarget, _ conference: Conference, _ now: Instant
    ) -> [Command]? {
        guard case .gateway = target, iq.isIQRequest, iq.id != nil, let payload = iq.payload else { return nil }
        switch (payload.name, payload.namespace) {
        case ("query", Namespace.register): return registration(payload, iq, from, conference)
        case ("command", Namespace.commands): return command(payload, iq, from, conference, now)
        case ("query", Namespace.discoItems) where payload["node"] == Namespace.commands:
            let commands = mayHaveAccount(from, conference) ? AccountCommand.allCases : []
            let items = commands.compactMap { command in
                iq.to.map { DiscoItem($0, name: command.name, node: command.rawValue) }
            }
            outbox.append(iq.result { DiscoItem.element(items, node: Namespace.commands) })
            return []
        case ("query", Namespace.discoInfo):
            guard let node = payload["node"], let command = AccountCommand(rawValue: node),
                mayHaveAccount(from, conference)
            else { return nil }
            let info = DiscoInfo(
                identities: [.init(category: "automation", type: "command-node", name: command.name)],
                features: [Namespace.commands, Namespace.dataForms])
            outbox.append(iq.result { info.element(node: node) })
            return []
        default: return nil
        }
    }

    func mayHaveAccount(_ user: JID, _ conference: Conference) -> Bool { conference.mayHaveAccount(PeerAddress(user)) }

    /// XEP-0077 sections 3.1 and 3.2.
    private mutating func registration(
        _ query: XMLElement, _ iq: XMLElement, _ from: JID, _ conference: Conference
    ) -> [Command] {
        let user = PeerAddress(from.bare)
        let account = conference.account(of: user)
        guard mayHaveAccount(from, conference) || account != nil else {
            refuse(iq, AccountForm.error(.notForYou))
            return []
        }
        if iq.type == "get" {
            let values = AccountForm.values(of: account)
            outbox.append(
                iq.result {
                    XMLElement("query", Namespace.register) {
                        if account != nil { XMLElement("registered", Namespace.register) }
                        XMLElement("instructions", Namespace.register, text: AccountForm.instructions)
                        XMLElement("username", Namespace.register, text: account?.line.address.description ?? "")
                        XMLElement("password", Namespace.register)
                        XMLElement("name", Namespace.register, text: values["name"] ?? "")
                        AccountForm.form(AccountForm.Page.allCases, values, isRegistered: account != nil).element
                    }
                })
            return []
        }
        if query.child("remove") != nil { return [.account(accountSessions.wait(iq), by: user, .remove)] }
        let form = query.child("x", Namespace.dataForms).flatMap { DataForm($0) }
        if form?.kind == .cancel {
            outbox.append(iq.result())
            return []
        }
        guard form == nil || form?.kind == .submit,
            let values = form.map(AccountForm.values(in:)) ?? AccountForm.values(inPlain: query)
        else {
            refuse(iq, StanzaError(.notAcceptable, "That is not the form, or a value is too long."))
            return []
        }
        return wish(values, iq, session: nil, user, conference)
    }

    mutating func wish(
        _ values: AccountForm.Values, _ iq: XMLElement, session: String?, _ user: PeerAddress,
        _ conference: Conference
    ) -> [Command] {
        switch AccountForm.wish(values, over: conference.account(of: user)) {
        case .success(let wish): return [.account(accountSessions.wait(iq, session: session), by: user, wish)]
        case .failure(let error):
            refuse(iq, error)
            return []
        }
    }

    /// The domain's word on a wish.
    mutating func accountAnswered(_ id: AccountRequestID, _ outcome: AccountOutcome, _ conference: Conference) {
        guard let pending = accountSessions.take(id), let user = pending.iq.from else { return }
        if case .refused(let refusal) = outcome { return refuse(pending.iq, AccountForm.error(refusal)) }
        let account = conference.account(of: PeerAddress(user.bare))
        if let session = pending.session {
            accountSessions[user, session] = nil
            let words = account.map { "Registering as \($0.line.address)." } ?? "The account is removed."
            let command: AccountCommand = account == nil ? .unregister : .register
            outbox.append(completed(pending.iq, command, session, words))
        } else {
            outbox.append(pending.iq.result())
        }
        // A gateway asks to be seen by who has registered, and goes from its roster otherwise (XEP-0100 section 4).
        guard let gateway = JID(configuration.conference.gatewayDomain) else { return }
        if account != nil {
            if !contacts.state(gateway, user.bare).hasTo {
                outbox.append(.presence(from: gateway, to: user.bare, type: "subscribe"))
            }
            tellOwner(user.bare, .trying, conference)
        }
    }

    /// Whether somebody has to do with the gateway itself: by an account, or as a contact from the time of one.
    func isKnownToGateway(_ from: JID, _ to: JID, _ conference: Conference) -> Bool {
        conference.account(of: PeerAddress(from.bare)) != nil || contacts.state(to.bare, from) != .none
    }

    /// How an account stands, told to its owner: as presence, and in words where something is wrong.
    mutating func tellOwner(_ owner: JID, _ state: LineState, _ conference: Conference) {
        if var presence = gatewayPresence(for: owner, state, conference) {
            presence.to = owner
            outbox.append(presence)
        }
        let words: String
        switch state {
        case .trying, .registered, .removed: return
        case .failed(let text): words = "Your telephone account is not registered now, and is tried again: \(text)."
        case .refused(let text): words = "Your telephone account was refused; see to its settings: \(text)."
        }
        outbox.append(
            .message(
                from: JID(configuration.conference.gatewayDomain), to: owner, type: "chat", id: entropy.token(12)
            ) { XMLElement("body", Namespace.client, text: words) })
    }

    /// The gateway's presence for somebody: available where its account is registered.
    func gatewayPresence(for user: JID, _ state: LineState, _ conference: Conference) -> XMLElement? {
        guard let gateway = JID(configuration.conference.gatewayDomain) else { return nil }
        let address = conference.account(of: PeerAddress(user.bare))?.line.address.description ?? ""
        func presence(_ type: String?, show: String? = nil, _ status: String) -> XMLElement {
            .presence(from: full(gateway), to: user, type: type) {
                show.map { XMLElement("show", Namespace.client, text: $0) }
                XMLElement("status", Namespace.client, text: status)
            }
        }
        return switch state {
        case .trying: presence(nil, show: "xa", "Registering as \(address)")
        case .registered: presence(nil, "Registered as \(address)")
        case .failed(let text): presence("unavailable", "Not registered: \(text)")
        case .refused(let text): presence("unavailable", "Refused: \(text)")
        case .removed: presence("unavailable", "No account")
        }
    }
}
