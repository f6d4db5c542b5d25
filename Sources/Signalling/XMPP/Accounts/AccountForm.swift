import Conference
import Primitives
import XMPP

/// An XMPP user's own account on the SIP side as a data form (XEP-0077 section 4, XEP-0050), and back.
enum AccountForm {
    static let instructions =
        "Your account at a telephone exchange. Calls to it will ring your devices, and numbers you call go out by it. "
        + "The password is kept here, as it is needed to register there."

    /// What a form says, by field.
    typealias Values = [String: String]

    /// Most bytes of a value that are looked at.
    private static let longest = 1024

    /// The first page has what there must be, the second what there may be.
    enum Page: CaseIterable { case account, options }

    private static func fields(_ page: Page) -> [(name: String, type: String, label: String)] {
        switch page {
        case .account:
            [
                ("registrar", "text-single", "Exchange, as host or host:port"),
                ("username", "text-single", "User name"),
                ("password", "text-private", "Password"),
            ]
        case .options:
            [
                ("name", "text-single", "Name that is shown to others"),
                ("login", "text-single", "Name that goes with the password, if another"),
                ("proxy", "text-single", "Outbound proxy"),
                ("voicemail", "text-single", "Number for calls that you do not take"),
            ]
        }
    }

    static func form(_ pages: [Page], _ values: Values, isRegistered: Bool) -> DataForm {
        let fields = pages.flatMap(fields).map { field in
            var made = DataForm.Field(
                field.name, type: field.type, label: field.label,
                field.name == "password" ? [] : values[field.name].map { [$0] } ?? [])
            made.isRequired =
                ["registrar", "username"].contains(field.name) || field.name == "password" && !isRegistered
            return made
        }
        var form = DataForm(.form, formType: Namespace.register, title: "Telephone account", fields: fields)
        form.instructions = instructions
        return form
    }

    /// What is known of an account, without its password.
    static func values(of account: PersonalAccount?) -> Values {
        guard let account else { return [:] }
        var values: Values = ["registrar": account.line.registrar.description, "username": account.line.user]
        values["name"] = account.line.displayName
        values["login"] = account.line.login
        values["proxy"] = account.line.proxy?.description
        values["voicemail"] = account.voicemail
        return values
    }

    /// What a submission says; nil where a value is longer than any may be.
    static func values(in form: DataForm) -> Values? {
        var values: Values = [:]
        for field in Page.allCases.flatMap(fields) {
            guard let value = form[field.name] else { continue }
            guard value.utf8.count <= longest else { return nil }
            values[field.name] = trimmed(value)
        }
        return values
    }

    /// What the plain fields of XEP-0077 say, where there is no form; the user name has the exchange behind its `@`.
    static func values(inPlain query: XMLElement) -> Values? {
        var values: Values = [:]
        for name in ["username", "password", "name"] {
            guard let value = query.child(name)?.text else { continue }
            guard value.utf8.count <= longest else { return nil }
            values[name] = trimmed(value)
        }
        return values
    }

    /// The wish that a submission is. What it leaves out of an account that there is stays as it was; an empty value
    /// takes it out.
    static func wish(_ given: Values, over old: PersonalAccount?) -> Result<AccountWish, StanzaError> {
        func value(_ name: String) -> String? { given[name].flatMap { $0.isEmpty ? nil : $0 } }
        var user = value("username") ?? old?.line.user ?? ""
        var host = value("registrar")
        if let at = user.lastIndex(of: "@") {
            host = host ?? String(user[user.index(after: at)...])
            user = String(user[..<at])
        }
        if user.hasPrefix("sip:") { user = String(user.dropFirst(4)) }
        guard let registrar = host.map({ RegistrarHost($0) }) ?? old?.line.registrar else {
            return .failure(StanzaError(.notAcceptable, "The exchange is missing, or is no host name."))
        }
        var proxy = old?.line.proxy
        if let text = given["proxy"] {
            proxy = RegistrarHost(text)
            guard text.isEmpty || proxy != nil else {
                return .failure(StanzaError(.notAcceptable, "The proxy is no host name."))
            }
        }
        func kept(_ name: String, _ old: String?) -> String? { given[name] == nil ? old : value(name) }
        let login = kept("login", old?.line.login)
        // What was given for one is not shown to another: neither to an exchange, nor to a proxy in front of it.
        let isSame =
            old?.line.user == user && old?.line.registrar == registrar && old?.line.login == login
            && (proxy == nil || old?.line.proxy == proxy)
        guard let password = value("password").map({ Redacted($0) }) ?? (isSame ? old?.line.password : nil) else {
            return .failure(StanzaError(.notAcceptable, "The password is missing."))
        }
        let line = LineAccount(
            user: user, registrar: registrar, login: login, password: password,
            displayName: kept("name", old?.line.displayName), proxy: proxy)
        return .success(.set(line, voicemail: kept("voicemail", old?.voicemail)))
    }

    /// For who asked.
    static func error(_ refusal: AccountRefusal) -> StanzaError {
        switch refusal {
        case .notForYou: StanzaError(.notAllowed, "There are no telephone accounts for your domain here.")
        case .none: StanzaError(.registrationRequired, "You have no telephone account here.")
        case .tooMany: StanzaError(.resourceConstraint, "There are as many telephone accounts as may be.")
        case .tooOften: StanzaError(.resourceConstraint, "That was often; try again in a minute.", type: .wait)
        case .registrar: StanzaError(.notAcceptable, "That exchange may not be used from here.")
        case .operators:
            StanzaError(.notAcceptable, "This gateway calls by that exchange itself; it cannot be yours as well.")
        case .malformed(let text): StanzaError(.notAcceptable, text)
        }
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
