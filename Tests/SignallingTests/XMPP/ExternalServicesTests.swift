import Primitives
import Testing
import XMPP

@testable import Signalling

/// XEP-0215.
@Suite struct ExternalServicesTests {
    private let server = JID("example.org")
    private let own = JID("talk.example.org")
    private let start = WallTime(milliseconds: 1_700_000_000_000)

    private func asking() throws -> (ExternalServices, String) {
        var services = ExternalServices(
            server: try #require(server), as: try #require(own), entropy: Entropy { 7 })
        services.ready("rooms.example.org", now: .zero)
        var sent = services.drain()
        #expect(sent.isEmpty)
        services.ready("talk.example.org", now: .zero)
        sent = services.drain()
        let question = try #require(sent.first)
        #expect(sent.count == 1 && question.to == server && question.from == own && question.type == "get")
        #expect(question.payload?.matches("services", "urn:xmpp:extdisco:2") == true)
        return (services, try #require(question.id))
    }

    private func service(_ attributes: KeyValuePairs<String, String?>) -> XMLElement {
        XMLElement("service", Namespace.externalServices, attributes)
    }

    private func answer(_ id: String, _ services: [XMLElement], from: JID? = nil) -> XMLElement {
        .iq(from: from ?? server, to: own, type: "result", id: id) {
            XMLElement("services", Namespace.externalServices) { services.map { .element($0) } }
        }
    }

    private func turn(_ seconds: Int64, host: String = "turn.example.org", user: String = "u") -> XMLElement {
        let end = WallTime(milliseconds: start.milliseconds + seconds * 1000)
        return service([
            "type": "turn", "host": host, "port": "3478", "transport": "udp", "username": user, "password": "p",
            "expires": end.iso8601,
        ])
    }

    private func take(_ services: inout ExternalServices, _ stanza: XMLElement, at now: Instant = .zero) -> Bool {
        services.receive(stanza, now: now, wall: start)
    }

    @Test func whatTheServerTellsIsKept() throws {
        var (services, id) = try asking()
        let isTaken = take(&services, answer(id, [turn(86_400), service(["type": "stun", "host": "S.example.org"])]))
        let hasChanged = [services.takeChange(), services.takeChange()]
        #expect(isTaken && hasChanged == [true, false])
        #expect(services.services.map(\.host) == ["turn.example.org", "s.example.org"])
        #expect(services.services.first?.username == "u" && services.services.first?.password?.secret == "p")
    }

    @Test func credentialsAreAskedForAnewBeforeTheyEnd() throws {
        var (services, id) = try asking()
        _ = take(&services, answer(id, [turn(3600)]))
        let due = try #require(services.nextWake)
        #expect(due > .zero + .seconds(600) && due < .zero + .seconds(3500))
        services.wake(
            now: due, wall: WallTime(milliseconds: start.milliseconds + due.nanoseconds / 1_000_000))
        let again = try #require(services.drain().first)
        _ = take(&services, answer(try #require(again.id), [turn(7200, user: "later")]), at: due)
        #expect(services.services.map(\.username) == ["later"])
    }

    @Test func whatHasEndedIsNotUsed() throws {
        var (services, id) = try asking()
        _ = take(&services, answer(id, [turn(60)]))
        services.wake(now: .zero + .seconds(61), wall: WallTime(milliseconds: start.milliseconds + 61_000))
        #expect(services.services.isEmpty)
    }

    @Test func aRefusalIsSaidOnceAndTriedAgain() throws {
        var (services, id) = try asking()
        let question = XMLElement.iq(from: own, to: server, type: "get", id: id)
        let refusal = try #require(question.errorReply(StanzaError(.forbidden)))
        _ = take(&services, refusal)
        var notices = services.drainNotices()
        #expect(notices.count == 1)
        #expect(notices.first?.text.contains("forbidden") == true)
        let due = try #require(services.nextWake)
        services.wake(now: due, wall: start)
        let again = try #require(services.drain().first)
        _ = take(&services, try #require(again.errorReply(StanzaError(.forbidden))), at: due)
        notices = services.drainNotices()
        #expect(notices.isEmpty)
    }

    @Test func aSilentServerIsAskedAgain() throws {
        var (services, _) = try asking()
        for seconds in [31, 92] { services.wake(now: .zero + .seconds(seconds), wall: start) }
        #expect(services.drain().count == 1)
    }

    @Test func nobodyElseAnswersOrPushes() throws {
        var (services, id) = try asking()
        for from in ["mallory@example.org", "evil.example", "example.org/x"] {
            let isTaken = take(&services, answer(id, [turn(60)], from: JID(from)))
            #expect(!isTaken)
        }
        let isTaken = take(&services, answer("extdisco-other", [turn(60)]))
        #expect(!isTaken && services.services.isEmpty)
    }

    @Test func aPushAddsChangesAndRemoves() throws {
        var (services, id) = try asking()
        _ = take(&services, answer(id, [turn(3600)]))
        func push(_ elements: [XMLElement]) -> XMLElement {
            .iq(from: server, to: own, type: "set", id: "p") {
                XMLElement("services", Namespace.externalServices) { elements.map { .element($0) } }
            }
        }
        _ = services.drain()
        let isTaken = take(&services, push([turn(7200, host: "two.example.org"), turn(7200, user: "new")]))
        #expect(isTaken && services.services.map(\.username) == ["u", "new"])
        let reply = services.drain()
        #expect(reply.first?.type == "result")
        let gone = service([
            "action": "delete", "type": "turn", "host": "two.example.org", "port": "3478", "transport": "udp",
        ])
        _ = take(&services, push([gone]))
        #expect(services.services.map(\.host) == ["turn.example.org"])
    }

    @Test func aListIsNotLongerThanItMayBe() throws {
        var (services, id) = try asking()
        _ = take(&services, answer(id, (0..<1000).map { turn(60, host: "h\($0).example") }))
        #expect(services.services.count == ExternalServices.most)
        let odd = [["type": "turn"], ["host": "x"], ["type": "turn", "host": "x", "port": "99999"]]
        for attributes in odd {
            let list = attributes.map { XMLAttribute($0.key, $0.value) }
            #expect(
                ExternalService(XMLElement("service", Namespace.externalServices, attributes: list, children: []))
                    == nil)
        }
    }
}
