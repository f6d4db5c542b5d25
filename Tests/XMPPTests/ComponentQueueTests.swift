import Primitives
import Testing
import XMPP

@Suite struct ComponentQueueTests {
    private let now = Instant.zero

    private func stream(_ limit: Int = 1000, bytes: Int = 1_000_000) -> ComponentStream {
        var stream = ComponentStream(
            configuration: ComponentStreamConfiguration(
                domain: "talk.localhost", secret: Redacted("test"), queueLimit: limit, queueBytes: bytes),
            hashing: testHashing, entropy: .seeded(5))
        stream.start(now: now)
        return stream
    }

    /// Up to where its owner is told so.
    private func shake(_ stream: inout ComponentStream, now: Instant) {
        stream.connected(now: now)
        stream.receive(streamHeader.utf8, now: now)
        stream.receive("<handshake/>".utf8, now: now)
    }

    private func stanza(_ id: Int, length: Int = 0) -> XMLElement {
        .message(from: nil, to: nil, id: String(id)) { String(repeating: "x", count: length) }
    }

    private func ids(_ outputs: [ComponentStream.Output]) -> [String] {
        outputs.compactMap {
            guard case .send(let bytes) = $0 else { return nil }
            return parsed(String(decoding: bytes, as: UTF8.self))?.id
        }
    }

    @Test func whatWaitedGoesOutInOrderAfterWhatIsAnnounced() {
        var stream = stream()
        for id in 1...3 { stream.send(stanza(id)) }
        stream.announce(stanza(100))
        _ = stream.drain()
        shake(&stream, now: now)
        #expect(stream.drain().contains(.ready))
        stream.send(stanza(4))
        #expect(stream.drain().isEmpty)
        stream.announce(stanza(200))
        stream.release()
        stream.send(stanza(5))
        #expect(ids(stream.drain()) == ["200", "1", "2", "3", "4", "5"])
    }

    @Test func whatWaitsOutlivesAttemptsThatFail() {
        var stream = stream()
        stream.send(stanza(1))
        var now = now
        for round in 2...6 {
            stream.disconnected("reset", now: now)
            stream.send(stanza(round))
            now = now + .seconds(60)
            stream.wake(now: now)
        }
        shake(&stream, now: now)
        _ = stream.drain()
        stream.disconnected("reset before it was released", now: now)
        stream.send(stanza(7))
        now = now + .seconds(60)
        stream.wake(now: now)
        shake(&stream, now: now)
        _ = stream.drain()
        stream.release()
        #expect(ids(stream.drain()) == ["1", "2", "3", "4", "5", "6", "7"])
    }

    @Test func theOldestMakeWayAndTheOwnerIsToldOnceAndHowMany() {
        var stream = stream(3)
        _ = stream.drain()
        for id in 1...1000 { stream.send(stanza(id)) }
        #expect(stream.drain() == [.overflowing])
        shake(&stream, now: now)
        _ = stream.drain()
        stream.release()
        let outputs = stream.drain()
        #expect(outputs.first == .overflowed(997))
        #expect(ids(outputs) == ["998", "999", "1000"])
        stream.disconnected("reset", now: now)
        _ = stream.drain()
        stream.send(stanza(1))
        #expect(stream.drain().isEmpty)
    }

    @Test func bytesAreBoundedToo() {
        var stream = stream(bytes: 3000)
        for id in 1...10 { stream.send(stanza(id, length: 950)) }
        stream.send(stanza(11, length: 5000))
        shake(&stream, now: now)
        _ = stream.drain()
        stream.release()
        #expect(ids(stream.drain()) == ["11"])
        stream.disconnected("reset", now: now)
        for id in 1...10 { stream.send(stanza(id, length: 950)) }
        stream.wake(now: now + .seconds(60))
        shake(&stream, now: now + .seconds(60))
        _ = stream.drain()
        stream.release()
        #expect(ids(stream.drain()) == ["8", "9", "10"])
    }
}
