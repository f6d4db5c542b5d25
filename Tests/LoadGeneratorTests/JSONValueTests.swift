import Primitives
import Testing

@testable import LoadGenerator

/// JSON in and out, and the lines that are read.
struct JSONValueTests {
    private static let sample = JSONValue.object([
        "text": .text("a\"\\\n\u{1}ü🎉"), "number": .number(-12.5), "whole": .number(42), "none": .null,
        "list": .list([.bool(true), .bool(false), .object([])]),
    ])

    @Test func whatIsWrittenIsReadAgain() {
        #expect(JSONValue(parsing: Self.sample.description) == Self.sample)
        #expect(JSONValue(parsing: #"{"a":"\u00e4\ud83c\udf89\/"}"#)?["a"]?.text == "ä🎉/")
    }

    @Test func whatIsNoJSONIsRefused() {
        let text = Array(Self.sample.description.utf8)
        for count in 0..<text.count {
            #expect(JSONValue(parsing: String(decoding: text[..<count], as: UTF8.self)) == nil)
        }
        for bad in ["{", "[1,]", "{\"a\" 1}", "nul", "1 2", "\"\\u12\"", "\"\\ud800x\"", "+1", "--1"] {
            #expect(JSONValue(parsing: bad) == nil, "\(bad)")
        }
        #expect(JSONValue(parsing: String(repeating: "[", count: 10_000)) == nil)
        var numbers = SplitMix64(1)
        for _ in 0..<2000 {
            var mutated = text
            mutated[Int.random(in: 0..<mutated.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            _ = JSONValue(parsing: String(decoding: mutated, as: UTF8.self))
        }
    }

    @Test func anEndpointIsALineOfJSON() throws {
        let line = #"{"remote": "127.0.0.1:20000", "payload-type": 100, "room": "1", "local-port": 4000}"#
        let endpoint = try EndpointCaller.Endpoint(line)
        #expect(endpoint.remote == SocketAddress(.loopback4, 20_000))
        #expect(endpoint.payloadType == 100)
        #expect(endpoint.localPort == 4000)
        for bad in ["", "{}", #"{"remote": "127.0.0.1"}"#, #"{"remote": "host:5"}"#, #"{"remote": "127.0.0.1:0"}"#] {
            #expect(throws: LoadError.self) { try EndpointCaller.Endpoint(bad) }
        }
    }
}
