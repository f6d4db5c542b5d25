import Conference
import Primitives
import Testing

@Suite struct DialPlanTests {
    let plan = DialPlan(World.demo)

    @Test(arguments: [
        "demo@talk.localhost", "demo@rooms.localhost", "demo@127.0.0.1", "demo@[::1]", "Demo@[::1]:5060",
        "demo@my.name:5070", "DEMO@TALK.LOCALHOST",
    ])
    func aPhoneReachesTheRoomByAnyNameOfOurs(address: String) {
        #expect(plan.destination(of: .sip(address)) == .room(.demo))
    }

    @Test func aPhoneReachesXMPPUsersOfBridgedDomains() {
        #expect(plan.destination(of: .sip("Alice@localhost")) == .peer(.xmpp("alice@localhost")))
        #expect(plan.destination(of: .sip("alice@localhost:5060")) == .peer(.xmpp("alice@localhost")))
        #expect(
            plan.destination(of: PeerAddress(.sip, user: "d'art/a", host: "localhost"))
                == .peer(PeerAddress(.xmpp, user: "d\\27art\\2fa", host: "localhost")))
        #expect(
            plan.destination(of: PeerAddress(.sip, user: "alice@localhost", host: "sip.localhost"))
                == .peer(.xmpp("alice@localhost")))
        #expect(
            plan.destination(of: PeerAddress(.sip, user: "romeo@other.net", host: "sip.localhost"))
                == .refused(.forbidden))
        #expect(plan.destination(of: .sip("100@sip.localhost")) == .refused(.notFound))
        #expect(plan.destination(of: .sip("localhost")) == .refused(.notFound))
    }

    @Test func anXMPPClientReachesRoomsOnTheTalkDomainOnly() {
        #expect(plan.destination(of: .xmpp("demo@talk.localhost")) == .room(.demo))
        #expect(plan.destination(of: .xmpp("demo@rooms.localhost")) == .refused(.notFound))
        #expect(plan.destination(of: .xmpp("talk.localhost")) == .refused(.notFound))
        #expect(plan.destination(of: .xmpp("demo@elsewhere")) == .refused(.notFound))
    }

    @Test(arguments: [
        ("100", "100@127.0.0.1:5080"), ("+4930123", "+4930123@trunk.example.net"),
        ("bob\\40pbx.example.net", "bob@pbx.example.net"), ("100\\40127.0.0.1\\3a5080", "100@127.0.0.1:5080"),
    ])
    func aNumberIsRoutedByTheFirstRuleThatMatches(localpart: String, target: String) {
        #expect(
            plan.destination(of: PeerAddress(.xmpp, user: localpart, host: "sip.localhost")) == .peer(.sip(target)))
    }

    @Test(arguments: ["101", "1000", "4930", "bob\\40elsewhere.net", "100\\40127.0.0.1", "101\\40127.0.0.1\\3a5080"])
    func whatNoRuleMatchesIsForbidden(localpart: String) {
        #expect(
            plan.destination(of: PeerAddress(.xmpp, user: localpart, host: "sip.localhost")) == .refused(.forbidden))
    }

    @Test func aRuleForAllNumbersDoesNotOpenTheWayToAllHosts() {
        var configuration = World.demo
        configuration.routes = [GatewayRoute(pattern: "*", host: "trunk.example.net")]
        let plan = DialPlan(configuration)
        #expect(
            plan.destination(of: PeerAddress(.xmpp, user: "bob\\40evil.example", host: "sip.localhost"))
                == .refused(.forbidden))
        #expect(
            plan.destination(of: PeerAddress(.xmpp, user: "bob\\40trunk.example.net", host: "sip.localhost"))
                == .peer(.sip("bob@trunk.example.net")))
    }

    @Test func callersAreSeenUnderAddressesThatLeadBack() {
        #expect(plan.caller(.xmpp("alice@localhost/x"), seenFrom: .sip) == .sip("alice@localhost"))
        #expect(
            plan.caller(.xmpp("romeo@other.net"), seenFrom: .sip)
                == PeerAddress(.sip, user: "romeo@other.net", host: "sip.localhost"))
        #expect(plan.caller(.sip("100@127.0.0.1:5080"), seenFrom: .xmpp) == .xmpp("100@sip.localhost"))
        #expect(
            plan.caller(.sip("100@127.0.0.1:5090"), seenFrom: .xmpp)
                == PeerAddress(.xmpp, user: "100\\40127.0.0.1\\3a5090", host: "sip.localhost"))
        #expect(plan.caller(.sip("anonymous@anonymous.invalid"), seenFrom: .xmpp) == .xmpp("anonymous@sip.localhost"))
    }

    @Test func aCallerOfARoutedHostIsReachedUnderTheAddressItIsSeenBy() {
        for caller in [PeerAddress.sip("100@127.0.0.1:5080"), .sip("+49301@trunk.example.net")] {
            #expect(plan.destination(of: plan.caller(caller, seenFrom: .xmpp)) == .peer(caller))
        }
        let explicit = PeerAddress.sip("bob@pbx.example.net")
        #expect(plan.destination(of: plan.caller(explicit, seenFrom: .xmpp)) == .peer(explicit))
    }

    @Test func patternsMatchAsShellsDo() {
        func matches(_ pattern: String, _ text: String) -> Bool {
            GatewayRoute(pattern: pattern, host: "h").matches(text)
        }
        #expect(matches("*", ""))
        #expect(matches("1?3", "123"))
        #expect(!matches("1?3", "13"))
        #expect(matches("+49*0", "+49300"))
        #expect(!matches("+49*0", "+49301"))
        #expect(matches("*a*b*", "xxaxxbxx"))
        #expect(!matches("", "1"))
        #expect(!matches(String(repeating: "*a", count: 40), String(repeating: "a", count: 39) + "b"))
    }
}

@Suite struct JIDEscapingTests {
    @Test(arguments: [
        ("space cadet", "space\\20cadet"), ("call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22"),
        ("at&t guy", "at\\26t\\20guy"), ("d'artagnan", "d\\27artagnan"), ("/.fanboy", "\\2f.fanboy"),
        ("::foo::", "\\3a\\3afoo\\3a\\3a"), ("<foo>", "\\3cfoo\\3e"), ("user@host", "user\\40host"),
        ("c:\\net", "c\\3a\\net"), ("c:\\5commas", "c\\3a\\5c5commas"),
    ])
    func theExamplesOfXEP0106Hold(plain: String, escaped: String) {
        #expect(JIDEscaping.escape(plain) == escaped)
        #expect(JIDEscaping.unescape(escaped) == plain)
    }

    @Test func everyTextComesBackAndIsALocalpartMeanwhile() {
        var random = SplitMix64(3)
        let scalars = Array("\\20 \"&'/:<>@5c2fabé日".unicodeScalars)
        for _ in 0..<5000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                text.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
            }
            let escaped = JIDEscaping.escape(String(text))
            #expect(JIDEscaping.unescape(escaped) == String(text))
            #expect(!escaped.contains { " \"&'/:<>@".contains($0) })
        }
    }
}
