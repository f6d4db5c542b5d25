import Primitives
import Testing
import XMPP

@Suite struct ComponentStreamTests {
    private var now = Instant.zero

    private func stream() -> ComponentStream {
        ComponentStream(
            configuration: ComponentStreamConfiguration(
                domain: "talk.localhost", secret: Redacted("test")),
            hashing: testHashing, entropy: .seeded(5))
    }

    private func texts(_ outputs: [ComponentStream.Output]) -> [String] {
        outputs.compactMap { if case .send(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil } }
    }

    private func losses(_ outputs: [ComponentStream.Output]) -> [ComponentStream.Loss] {
        outputs.compactMap { if case .lost(let loss) = $0 { loss } else { nil } }
    }

    /// Brings a stream up; what it had to say on the way is gone.
    private func up(_ stream: inout ComponentStream, now: Instant) {
        stream.connected(now: now)
        stream.receive(streamHeader.utf8, now: now)
        _ = stream.drain()
        stream.receive("<handshake/>".utf8, now: now)
        stream.release()
    }

    private let chat = XMLElement.message(from: JID("demo@talk.localhost"), to: JID("a@localhost"), type: "chat")

    @Test func theHandshakeIsTheDigestOfIDAndSecret() {
        var stream = stream()
        stream.start(now: now)
        #expect(stream.drain() == [.connect])
        stream.connected(now: now)
        let opening = texts(stream.drain()).joined()
        #expect(opening.contains("xmlns='jabber:component:accept'"))
        #expect(opening.contains("to='talk.localhost'"))
        stream.receive(streamHeader.utf8, now: now)
        #expect(texts(stream.drain()) == ["<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>"])
        #expect(!stream.isReady)
        stream.receive("<handshake/>".utf8, now: now)
        #expect(stream.drain() == [.ready])
        #expect(stream.isReady)
        stream.release()
        #expect(stream.drain() == [])
    }

    @Test func stanzasGoBothWaysWithoutANamespaceOfTheirOwn() {
        var stream = stream()
        stream.start(now: now)
        up(&stream, now: now)
        _ = stream.drain()
        stream.send(chat)
        #expect(texts(stream.drain()) == ["<message from='demo@talk.localhost' to='a@localhost' type='chat'/>"])
        stream.receive("<message from='a@b'><body>x</body></message>".utf8, now: now)
        guard case .stanza(let stanza)? = stream.drain().first else {
            Issue.record("no stanza")
            return
        }
        #expect(stanza.body == "x")
    }

    @Test func aStanzaBeyondTheLimitsIsRefusedToItsSenderAndTheStreamGoesOn() throws {
        var stream = stream()
        stream.start(now: now)
        up(&stream, now: now)
        _ = stream.drain()
        let large = String(repeating: "'", count: 600 * 1024)
        let addresses = "from='a@localhost/x' to='demo@talk.localhost' id='1'"
        stream.receive("<message \(addresses)><body>\(large)</body></message><presence/>".utf8, now: now)
        let outputs = stream.drain()
        let reply = try #require(texts(outputs).first.flatMap(parsed))
        #expect(reply["to"] == "a@localhost/x" && reply["from"] == "demo@talk.localhost" && reply.id == "1")
        #expect(reply.stanzaError?.condition == .policyViolation)
        #expect(outputs.contains(.refused("<message/> from a@localhost/x: too large")))
        #expect(outputs.last == .stanza(XMLElement("presence", Namespace.client)))
        for silent in ["type='error'", "id='2'"] {
            let from = silent == "id='2'" ? "" : addresses.replacing("id='1'", with: "")
            stream.receive("<message \(from) \(silent)>\(large)</message>".utf8, now: now)
            #expect(texts(stream.drain()).isEmpty)
        }
        #expect(stream.isReady)
    }

    @Test func aStanzaThatStopsHalfWayEndsTheStream() {
        var stream = stream()
        stream.start(now: now)
        up(&stream, now: now)
        stream.receive("<presence/><message><a>".utf8, now: now)
        stream.receive("<a>".utf8, now: now + .seconds(9))
        #expect(stream.nextWake == now + .seconds(10))
        stream.receive("</a></a></message><message>".utf8, now: now + .seconds(9))
        _ = stream.drain()
        stream.wake(now: now + .seconds(10))
        #expect(stream.drain().isEmpty)
        stream.wake(now: now + .seconds(19))
        #expect(losses(stream.drain()) == [.timeout])
    }

    @Test func aLostStreamIsTriedAgainLaterAndLater() throws {
        var stream = stream()
        var now = now
        stream.start(now: now)
        var waits: [Duration] = []
        for _ in 0..<10 {
            stream.disconnected("refused", now: now)
            #expect(losses(stream.drain()) == [.connection("refused")])
            let next = try #require(stream.nextWake)
            stream.wake(now: next - .nanoseconds(1))
            #expect(stream.drain() == [])
            stream.wake(now: next)
            #expect(stream.drain() == [.connect])
            waits.append(next - now)
            now = next
        }
        for (attempt, wait) in waits.enumerated() {
            let most = min(60, Double(1 << attempt))
            #expect(wait.inSeconds <= most)
            #expect(wait.inSeconds >= most / 2)
        }
    }

    @Test func aStreamThatStoodForAWhileIsTriedAgainAtOnce() throws {
        var stream = stream()
        stream.start(now: now)
        for _ in 0..<6 {
            stream.disconnected("refused", now: now)
            stream.wake(now: try #require(stream.nextWake))
        }
        up(&stream, now: now)
        stream.disconnected("reset", now: now + .seconds(20))
        #expect(try #require(stream.nextWake) - now <= .seconds(21))
    }

    @Test func aWrongSecretIsToldAsTheServersError() {
        var stream = stream()
        stream.start(now: now)
        stream.connected(now: now)
        stream.receive(streamHeader.utf8, now: now)
        _ = stream.drain()
        let error =
            "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            + "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>no</text></stream:error></stream:stream>"
        stream.receive(error.utf8, now: now)
        let outputs = stream.drain()
        #expect(outputs == [.disconnect, .lost(.refused(StreamError(.notAuthorized, "no")))])
        stream.disconnected("closed", now: now)
        #expect(stream.drain() == [])
    }

    /// Woken whenever it asks for it, as a control loop does.
    @Test func aQuietStreamWhosePingsAreAnsweredStaysUpForHours() throws {
        var stream = stream()
        stream.start(now: now)
        up(&stream, now: now)
        _ = stream.drain()
        var time = now
        var pings = 0
        while time < now + .seconds(4 * 3600) {
            time = try #require(stream.nextWake)
            stream.wake(now: time)
            for ping in texts(stream.drain()) {
                pings += 1
                let id = try #require(ping.split(separator: "id='").last?.split(separator: "'").first)
                #expect(try #require(stream.nextWake) > time + .seconds(1))
                time = time + .milliseconds(30)
                stream.receive("<iq type='result' id='\(id)'/>".utf8, now: time)
            }
            #expect(stream.isReady && losses(stream.drain()).isEmpty)
        }
        #expect((235...240).contains(pings))
    }

    @Test func silenceIsTriedWithAPingAndEndsTheStreamWhenItGoesOn() throws {
        var stream = stream()
        stream.start(now: now)
        up(&stream, now: now)
        _ = stream.drain()
        stream.wake(now: now + .seconds(60))
        let ping = try #require(texts(stream.drain()).first)
        #expect(ping.contains("urn:xmpp:ping"))
        #expect(ping.contains("to='talk.localhost'"))
        let id = try #require(ping.split(separator: "id='").last?.split(separator: "'").first)
        stream.receive(
            "<iq type='result' id='\(id)' from='talk.localhost' to='talk.localhost'/>".utf8, now: now + .seconds(61))
        #expect(stream.drain() == [])
        #expect(stream.nextWake == now + .seconds(121))
        stream.wake(now: now + .seconds(121))
        _ = stream.drain()
        stream.wake(now: now + .seconds(141))
        #expect(losses(stream.drain()) == [.timeout])
    }

    @Test func aServerThatNeverAnswersIsGivenUp() {
        var stream = stream()
        stream.start(now: now)
        stream.connected(now: now)
        _ = stream.drain()
        stream.wake(now: now + .seconds(15))
        #expect(stream.drain() == [.disconnect, .lost(.timeout)])
    }

    @Test func whatCannotBeReadIsToldToTheServer() {
        var stream = stream()
        stream.start(now: now)
        up(&stream, now: now)
        _ = stream.drain()
        stream.receive("<message><body></message>".utf8, now: now)
        let outputs = stream.drain()
        #expect(texts(outputs).first?.contains("not-well-formed") == true)
        #expect(outputs.contains(.disconnect))
        #expect(losses(outputs).count == 1)
    }

    @Test func aStoppedStreamStaysDown() {
        var stream = stream()
        stream.start(now: now)
        up(&stream, now: now)
        _ = stream.drain()
        stream.stop()
        #expect(stream.drain() == [.send(Array("</stream:stream>".utf8)), .disconnect])
        stream.disconnected("closed", now: now)
        #expect(stream.nextWake == nil)
        #expect(stream.drain() == [])
    }
}
