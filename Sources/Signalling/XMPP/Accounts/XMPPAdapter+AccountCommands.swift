import Conference
import Primitives
import XMPP

/// The commands of the gateway (XEP-0050).
enum AccountCommand: String, CaseIterable {
    case register, unregister, status

    var name: String {
        switch self {
        case .register: "Register a telephone account"
        case .unregister: "Remove the telephone account"
        case .status: "How the telephone account stands"
        }
    }
}

extension XMPPAdapter {
    mutating func command(
        _ command: XMLElement, _ iq: XMLElement, _ from: JID, _ conference: Conference, _ now: Instant
    ) -> [Command] {
        let user = PeerAddress(from.bare)
        guard let node = command["node"], let kind = AccountCommand(rawValue: node) else {
            refuse(iq, StanzaError(.itemNotFound, "There is no such command."))
            return []
        }
        guard iq.type == "set" else {
            refuse(iq, StanzaError(.badRequest))
            return []
        }
        guard mayHaveAccount(from, conference) || conference.account(of: user) != nil else {
            refuse(iq, AccountForm.error(.notForYou))
            return []
        }
        if command["action"] == "cancel" {
            let session = command["sessionid"] ?? ""
            if kind == .register { accountSessions[from, session] = nil }
            outbox.append(
                iq.result {
                    XMLElement(
                        "command", Namespace.commands,
                        ["node": node, "sessionid": session.clipped(to: 64), "status": "canceled"])
                })
            return []
        }
        switch kind {
        case .status:
            outbox.append(status(iq, from, conference))
            return []
        case .unregister:
            return [.account(accountSessions.wait(iq, session: entropy.token(20)), by: user, .remove)]
        case .register: return fillIn(command, iq, from, conference, now)
        }
    }

    /// Page after page, until all is said (XEP-0050 section 3.4).
    private mutating func fillIn(
        _ command: XMLElement, _ iq: XMLElement, _ from: JID, _ conference: Conference, _ now: Instant
    ) -> [Command] {
        let account = conference.account(of: PeerAddress(from.bare))
        guard let id = command["sessionid"] else {
            let session = accountSessions.begin(from, AccountForm.values(of: account), entropy: entropy, at: now)
            outbox.append(page(iq, session, isRegistered: account != nil))
            return []
        }
        guard var session = accountSessions[from, id] else {
            refuse(
                iq,
                StanzaError(
                    .notAllowed, "That took too long; begin anew.", type: .cancel,
                    application: XMLElement("session-expired", Namespace.commands)))
            return []
        }
        let action = command["action"] ?? "execute"
        if let form = command.child("x", Namespace.dataForms).flatMap({ DataForm($0) }), form.kind == .submit {
            guard let values = AccountForm.values(in: form) else {
                refuse(iq, StanzaError(.notAcceptable, "A value is too long."))
                return []
            }
            session.values = Redacted(session.values.secret.merging(values) { $1 })
        }
        switch (action, session.page) {
        case ("next", .account), ("execute", .account): session.page = .options
        case ("prev", .options): session.page = .account
        case ("complete", _), ("execute", .options):
            accountSessions[from, id] = session
            return wish(session.values.secret, iq, session: id, PeerAddress(from.bare), conference)
        default:
            refuse(
                iq,
                StanzaError(.badRequest, application: XMLElement("bad-action", Namespace.commands)))
            return []
        }
        accountSessions[from, id] = session
        outbox.append(page(iq, session, isRegistered: account != nil))
        return []
    }

    private func page(_ iq: XMLElement, _ session: AccountSessions.Session, isRegistered: Bool) -> XMLElement {
        iq.result {
            XMLElement(
                "command", Namespace.commands,
                ["node": AccountCommand.register.rawValue, "sessionid": session.id, "status": "executing"]
            ) {
                if session.page == .account {
                    XMLElement("actions", Namespace.commands, ["execute": "next"]) {
                        XMLElement("next", Namespace.commands)
                        XMLElement("complete", Namespace.commands)
                    }
                } else {
                    XMLElement("actions", Namespace.commands, ["execute": "complete"]) {
                        XMLElement("prev", Namespace.commands)
                        XMLElement("complete", Namespace.commands)
                    }
                }
                AccountForm.form([session.page], session.values.secret, isRegistered: isRegistered).element
            }
        }
    }

    func completed(_ iq: XMLElement, _ command: AccountCommand, _ session: String, _ words: String) -> XMLElement {
        iq.result {
            XMLElement(
                "command", Namespace.commands,
                ["node": command.rawValue, "sessionid": session, "status": "completed"]
            ) { XMLElement("note", Namespace.commands, ["type": "info"]) { words } }
        }
    }

    private func status(_ iq: XMLElement, _ from: JID, _ conference: Conference) -> XMLElement {
        let user = PeerAddress(from.bare)
        let account = conference.account(of: user)
        let state =
            switch account == nil ? LineState.removed : conference.lineState(of: user) {
            case .trying: "registering"
            case .registered: "registered"
            case .failed(let text): "not registered: \(text)"
            case .refused(let text): "refused: \(text)"
            case .removed: "no account"
            }
        let form = DataForm(
            .result, formType: Namespace.register,
            fields: [
                .init("state", type: "text-single", label: "State", [state]),
                .init(
                    "address", type: "text-single", label: "Address",
                    account.map { [$0.line.address.description] } ?? []),
            ])
        return iq.result {
            XMLElement(
                "command", Namespace.commands,
                ["node": AccountCommand.status.rawValue, "sessionid": entropy.token(20), "status": "completed"]
            ) { form.element }
        }
    }
}
