import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct PersonalAccountTests {
    static let gateway = "sip.localhost"
    static let romeo = "romeo@localhost/phone"
    var bench = PersonalAccountTests.bench()

    static func bench(_ who: PersonalAccountPolicy.Who = .bridged) -> XMPPBench {
        XMPPBench { $0.personalAccounts.who = who }
    }

    private func form(_ fields: [String: String]) -> XMLElement {
        DataForm(
            .submit, formType: Namespace.register,
            fields: fields.sorted { $0.key < $1.key }.map { DataForm.Field($0.key, [$0.value]) }
        ).element
    }

    private static let filled = ["registrar": "pbx.example.org", "username": "romeo", "password": "secret"]

    private mutating func get(_ from: String = romeo) -> XMLElement? {
        bench.ask(from, Self.gateway, "get", [XMLElement("query", Namespace.register)])
    }

    private mutating func set(_ fields: [String: String], from: String = romeo) -> XMLElement? {
        let form = form(fields)
        return bench.ask(from, Self.gateway, "set", [XMLElement("query", Namespace.register) { form }])
    }

    private mutating func command(
        _ node: String, _ action: String? = nil, session: String? = nil, _ form: XMLElement? = nil,
        from: String = romeo
    ) -> XMLElement? {
        bench.ask(
            from, Self.gateway, "set",
            [
                XMLElement("command", Namespace.commands, ["node": node, "action": action, "sessionid": session]) {
                    form
                }
            ])
    }

    private var account: PersonalAccount? {
        bench.conference.account(of: PeerAddress(.xmpp, user: "romeo", host: "localhost"))
    }

    // MARK: XEP-0077

    @Test mutating func theFormIsFilledInAndTheAccountIsThere() throws {
        let query = try #require(get()?.child("query", Namespace.register))
        #expect(query.child("registered") == nil && query.child("instructions") != nil)
        let form = try #require(query.child("x", Namespace.dataForms).flatMap { DataForm($0) })
        #expect(form.formType == Namespace.register)
        #expect(
            form.fields.map(\.name).suffix(7) == [
                "registrar", "username", "password", "name", "login", "proxy", "voicemail",
            ])
        #expect(set(Self.filled.merging(["voicemail": "*98"]) { $1 })?.type == "result")
        #expect(
            account?.line.user == "romeo" && account?.line.password.secret == "secret" && account?.voicemail == "*98")
        let again = try #require(get())
        #expect(again.child("query", Namespace.register)?.child("registered") != nil)
        #expect(!again.serialised().contains("secret"))
    }

    @Test mutating func plainFieldsDoToo() {
        let query = XMLElement("query", Namespace.register) {
            XMLElement("username", Namespace.register, text: "sip:romeo@pbx.example.org:5070")
            XMLElement("password", Namespace.register, text: "secret")
        }
        #expect(bench.ask(Self.romeo, Self.gateway, "set", [query])?.type == "result")
        #expect(account?.line.registrar == RegistrarHost("pbx.example.org:5070"))
    }

    @Test mutating func whatIsLeftOutStaysAndWhatIsEmptyGoes() {
        _ = set(Self.filled.merging(["name": "Romeo", "proxy": "proxy.example.org"]) { $1 })
        #expect(set(["name": "R. Montague"])?.type == "result")
        #expect(account?.line.displayName == "R. Montague" && account?.line.proxy != nil)
        #expect(account?.line.password.secret == "secret")
        #expect(set(["proxy": ""])?.type == "result")
        #expect(account?.line.proxy == nil)
        // For another exchange the old password is not sent.
        #expect(set(["registrar": "evil.example.org"])?.condition == .notAcceptable)
    }

    @Test mutating func itIsRemoved() {
        _ = set(Self.filled)
        let remove = XMLElement("query", Namespace.register) { XMLElement("remove", Namespace.register) }
        #expect(bench.ask(Self.romeo, Self.gateway, "set", [remove])?.type == "result")
        #expect(account == nil)
        #expect(bench.ask(Self.romeo, Self.gateway, "set", [remove])?.condition == .registrationRequired)
    }

    @Test mutating func strangersGetNeitherFormNorCommands() {
        let eve = "eve@elsewhere.example/x"
        #expect(get(eve)?.condition == .notAllowed)
        #expect(set(Self.filled, from: eve)?.condition == .notAllowed)
        #expect(command("register", from: eve)?.condition == .notAllowed)
        let items = bench.ask(
            eve, Self.gateway, "get", [XMLElement("query", Namespace.discoItems, ["node": Namespace.commands])])
        #expect(items?.child("query", Namespace.discoItems)?.elements.isEmpty == true)
    }

    @Test mutating func whereNobodyMayNothingIsSaidOfIt() {
        bench = Self.bench(.nobody)
        #expect(get()?.condition == .notAllowed)
        let info = bench.ask(Self.romeo, Self.gateway, "get", [XMLElement("query", Namespace.discoInfo)])
        let features = info?.child("query", Namespace.discoInfo).flatMap { DiscoInfo($0) }?.features ?? []
        #expect(!features.contains(Namespace.register) && !features.contains(Namespace.commands))
    }

    @Test mutating func itIsFoundByDiscovery() {
        let info = bench.ask(Self.romeo, Self.gateway, "get", [XMLElement("query", Namespace.discoInfo)])
        let features = info?.child("query", Namespace.discoInfo).flatMap { DiscoInfo($0) }?.features ?? []
        #expect(features.contains(Namespace.register) && features.contains(Namespace.commands))
        let node = bench.ask(
            Self.romeo, Self.gateway, "get", [XMLElement("query", Namespace.discoInfo, ["node": "status"])])
        #expect(
            node?.child("query", Namespace.discoInfo).flatMap { DiscoInfo($0) }?.identities.first?.type
                == "command-node")
    }

    @Test(arguments: [
        ["registrar": "10.0.0.1"], ["registrar": "localhost:0"], ["registrar": "a b"], ["username": "a\nb"],
        ["password": String(repeating: "x", count: 2000)], ["username": String(repeating: "x", count: 200)],
        ["proxy": "no host"], ["voicemail": "x@elsewhere.example"], ["login": String(repeating: "x", count: 300)],
    ])
    mutating func badFieldsAreRefused(field: [String: String]) {
        #expect(set(Self.filled.merging(field) { $1 })?.condition == .notAcceptable)
        #expect(account == nil)
    }

    // MARK: XEP-0050

    @Test mutating func aCommandGoesPageByPage() throws {
        let first = try #require(command("register", "execute")?.child("command", Namespace.commands))
        let session = try #require(first["sessionid"])
        #expect(first["status"] == "executing")
        let second = try #require(
            command("register", "next", session: session, form(Self.filled))?.child("command", Namespace.commands))
        #expect(second.child("x", Namespace.dataForms).flatMap { DataForm($0) }?.values("voicemail") != nil)
        let back = command("register", "prev", session: session)?.child("command", Namespace.commands)
        #expect(back?.child("x", Namespace.dataForms).flatMap { DataForm($0) }?["username"] == "romeo")
        #expect(back?.serialised().contains("secret") == false)
        #expect(command("register", "next", session: session)?.type == "result")
        let done = command("register", nil, session: session, form(["name": "Romeo"]))
        #expect(done?.child("command", Namespace.commands)?["status"] == "completed")
        #expect(account?.line.displayName == "Romeo")
        let status = command("status")?.child("command", Namespace.commands)?.child("x", Namespace.dataForms)
        #expect(status.flatMap { DataForm($0) }?["address"] == "romeo@pbx.example.org")
        #expect(command("unregister")?.child("command", Namespace.commands)?["status"] == "completed")
        #expect(account == nil)
    }

    @Test mutating func aSessionIsItsOwnersAndEnds() throws {
        let session = try #require(command("register")?.child("command", Namespace.commands)?["sessionid"])
        #expect(command("register", "next", session: session, from: "bob@localhost/x")?.condition == .notAllowed)
        #expect(command("register", "next", session: "guess")?.condition == .notAllowed)
        #expect(command("register", "cancel", session: session)?.child("command")?["status"] == nil)
        #expect(command("register", "next", session: session)?.condition == .notAllowed)
        #expect(command("nonsense")?.condition == .itemNotFound)
        #expect(command("register", "prev", session: "guess")?.condition == .notAllowed)
    }

    // MARK: What the owner is told

    @Test mutating func presenceTellsHowItStandsAndAMessageWhatIsWrong() throws {
        let line = LineID.person(PeerAddress(.xmpp, user: "romeo", host: "localhost"))
        _ = set(Self.filled)
        let registered = bench.say(.lineChanged(line, .registered))
        #expect(registered.map(\.brief) == ["presence sip.localhost/gw > romeo@localhost"])
        let refused = bench.say(.lineChanged(line, .refused("403 Forbidden")))
        #expect(refused.map(\.name) == ["presence", "message"])
        #expect(refused[0].type == "unavailable" && refused[1].body?.contains("403 Forbidden") == true)
        #expect(bench.say(.lineChanged(line, .refused("403 Forbidden"))).isEmpty)
        // Who comes online asks.
        let probed = bench.presence("romeo@localhost", Self.gateway, "probe")
        #expect(probed.map(\.brief) == ["presence unavailable sip.localhost/gw > romeo@localhost"])
        #expect(bench.presence("eve@elsewhere.example", Self.gateway, "subscribe").first?.type == "unsubscribed")
    }
}
