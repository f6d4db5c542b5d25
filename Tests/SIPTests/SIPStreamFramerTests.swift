import Primitives
import Testing

@testable import SIP

@Suite struct SIPStreamFramerTests {
    private func stream(_ messages: [SIPMessage]) -> [UInt8] { messages.flatMap(\.bytes) }

    @Test func messagesAreCutWhereverTheStreamIs() throws {
        let messages = try Samples.all.map { try SIPMessage(parsing: $0) }
        let bytes = stream(messages)
        for size in [1, 2, 3, 7, 100, bytes.count] {
            var framer = SIPStreamFramer()
            var frames: [SIPStreamFramer.Frame] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                frames += try framer.receive(bytes[start..<min(bytes.count, start + size)])
            }
            let expected = messages.map { SIPStreamFramer.Frame.message($0.bytes) }
            #expect(frames == expected)
        }
    }

    @Test func keepAlivesAreToldAndPongsAreNot() throws {
        let message = try SIPMessage(parsing: Samples.subscribe).bytes
        var framer = SIPStreamFramer()
        #expect(try framer.receive(Array("\r\n\r\n".utf8)) == [.keepAlive])
        #expect(try framer.receive(Array("\r\n".utf8)) == [])
        #expect(try framer.receive(message) == [.message(message)])
        let frames = try framer.receive(message + Array("\r\n\r\n".utf8) + message)
        #expect(frames == [.message(message), .keepAlive, .message(message)])
    }

    @Test func aKeepAliveMayComeInPiecesAndIsNoMessageBegun() throws {
        let message = try SIPMessage(parsing: Samples.subscribe).bytes
        for cut in 1...3 {
            var framer = SIPStreamFramer()
            #expect(try framer.receive(SIPStreamFramer.ping.prefix(cut)) == [])
            #expect(!framer.isMidMessage)
            #expect(try framer.receive(SIPStreamFramer.ping.dropFirst(cut)) == [.keepAlive])
            #expect(try framer.receive(message.prefix(1)) == [])
            #expect(framer.isMidMessage)
            #expect(try framer.receive(message.dropFirst()) == [.message(message)])
        }
    }

    @Test func pongsAreNoPingHoweverManyAndPingsAreWhileAPongIsAwaited() throws {
        for cut in 0...1 {
            var framer = SIPStreamFramer()
            for _ in 0..<3 {
                framer.expectPong()
                #expect(try framer.receive(SIPStreamFramer.pong.prefix(cut)) == [])
                #expect(try framer.receive(SIPStreamFramer.pong.dropFirst(cut)) == [])
                #expect(!framer.isMidMessage)
            }
            framer.expectPong()
            #expect(try framer.receive(SIPStreamFramer.ping + SIPStreamFramer.pong) == [.keepAlive])
            #expect(try framer.receive(SIPStreamFramer.ping) == [.keepAlive])
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", SIPStreamFramer.Failure.notSIP),
        ("INVITE sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n", .badContentLength),
        ("INVITE sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n", .badContentLength),
        ("INVITE sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n", .badContentLength),
        ("INVITE sip:a SIP/2.0\r\nContent-Length: 4000000000\r\n\r\n", .bodyTooLong),
        (String(repeating: "x", count: 40_000), .headersTooLong),
    ])
    func aStreamThatCannotBeCutFails(text: String, failure: SIPStreamFramer.Failure) {
        var framer = SIPStreamFramer()
        #expect(throws: failure) { try framer.receive(Array(text.utf8)) }
    }

    @Test func randomStreamsNeverTrap() throws {
        var generator = SplitMix64(3)
        let clean = stream(try Samples.all.map { try SIPMessage(parsing: $0) })
        for _ in 0..<500 {
            var framer = SIPStreamFramer()
            var bytes = clean
            for _ in 0..<5 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...200, using: &generator)
                guard (try? framer.receive(rest.prefix(count))) != nil else { break }
                rest = rest.dropFirst(count)
            }
        }
    }
}
