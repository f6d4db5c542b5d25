import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

/// What was given for one exchange is not shown to another, nor to a proxy that was put in front of it.
@Suite struct AccountPasswordTests {
    private let user = "romeo@localhost/phone"
    private let filled = [
        "registrar": "pbx.example.org", "username": "romeo", "password": "secret", "proxy": "proxy.example.org",
        "login": "r1",
    ]
    private var bench = XMPPBench { $0.personalAccounts.who = .bridged }

    private mutating func set(_ fields: [String: String]) -> XMLElement? {
        let form = DataForm(
            .submit, formType: Namespace.register,
            fields: fields.sorted { $0.key < $1.key }.map { DataForm.Field($0.key, [$0.value]) }
        ).element
        return bench.ask(user, "sip.localhost", "set", [XMLElement("query", Namespace.register) { form }])
    }

    private var line: LineAccount? {
        bench.conference.account(of: PeerAddress(.xmpp, user: "romeo", host: "localhost"))?.line
    }

    @Test(arguments: [
        ["proxy": "evil.example"], ["proxy": "proxy.example.org:5070"], ["login": "r2"], ["login": ""],
        ["registrar": "evil.example"], ["username": "julia"],
    ])
    mutating func anotherWantsThePasswordAnew(_ change: [String: String]) {
        #expect(set(filled)?.type == "result")
        let before = line
        #expect(set(change)?.condition == .notAcceptable)
        #expect(line == before)
        bench.pass(.seconds(60))
        #expect(set(change.merging(["password": "other"]) { $1 })?.type == "result")
        #expect(line?.password.secret == "other")
    }

    @Test(arguments: [["proxy": ""], ["proxy": "proxy.example.org"], ["login": "r1"], ["name": "Romeo"]])
    mutating func theSameDoesNot(_ change: [String: String]) {
        #expect(set(filled)?.type == "result")
        #expect(set(change)?.type == "result")
        #expect(line?.password.secret == "secret")
    }

    @Test mutating func cancellingAnotherSessionLeavesOnesOwn() throws {
        func command(_ attributes: [String: String]) -> XMLElement? {
            bench.ask(
                user, "sip.localhost", "set",
                [
                    XMLElement(
                        "command", Namespace.commands,
                        ["node": "register", "action": attributes["action"], "sessionid": attributes["sessionid"]])
                ])
        }
        let session = try #require(command([:])?.child("command", Namespace.commands)?["sessionid"])
        _ = command(["action": "cancel", "sessionid": "another"])
        #expect(command(["action": "next", "sessionid": session])?.type == "result")
        _ = command(["action": "cancel", "sessionid": session])
        #expect(command(["action": "next", "sessionid": session])?.type == "error")
    }
}
