public import Primitives

/// An account at a registrar: whose, where, and what proves it.
public struct LineAccount: Hashable, Sendable {
    /// What stands before the `@` of the address there.
    public var user: String
    public var registrar: RegistrarHost
    /// The name that goes with the password, where it is another than the user.
    public var login: String?
    public var password: Redacted<String>
    public var displayName: String?
    public var proxy: RegistrarHost?

    public init(
        user: String, registrar: RegistrarHost, login: String? = nil, password: Redacted<String>,
        displayName: String? = nil, proxy: RegistrarHost? = nil
    ) {
        self.user = user
        self.registrar = registrar
        self.login = login
        self.password = password
        self.displayName = displayName
        self.proxy = proxy
    }

    /// How others see who calls by this line.
    public var address: PeerAddress { PeerAddress(.sip, user: user, host: registrar.hostPort) }
}

/// An XMPP user's own account on the SIP side.
public struct PersonalAccount: Hashable, Sendable {
    /// By bare JID.
    public var owner: PeerAddress
    public var line: LineAccount
    /// What is dialled there for a caller whom the owner does not answer.
    public var voicemail: String?

    public init(owner: PeerAddress, line: LineAccount, voicemail: String? = nil) {
        self.owner = owner
        self.line = line
        self.voicemail = voicemail
    }

    /// A number without what people write between its digits; anything else as it is. How it goes on is the exchange's matter.
    static func plain(_ number: String) -> String {
        let kept = number.filter { !" -./()".contains($0) }
        return !kept.isEmpty && kept.allSatisfy { "0123456789+*#".contains($0) } ? kept : number
    }
}
