import Primitives
import Testing

@testable import SIP

@Suite struct CPIMMessageTests {
    private let sample = Array(
        [
            "From: MR SANDERS <im:piglet@100akerwood.com>", "To: \"Depressed \\\"Donkey\\\"\" <sip:demo@x;gr=Eeyore>",
            "DateTime: 2000-12-13T13:40:00-08:00", "NS: i <urn:ietf:params:imdn>", "i.Message-ID: 34jk", "",
            "Content-type: text/plain; charset=utf-8", "Content-ID: <1@x>", "", "Here is\r\nthe text",
        ].joined(separator: "\r\n").utf8)

    @Test func theWrappingIsRead() throws {
        let message = try #require(CPIMMessage(parsing: sample))
        #expect(message.from == .init(name: "MR SANDERS", uri: "im:piglet@100akerwood.com"))
        #expect(message.to == [.init(name: "Depressed \"Donkey\"", uri: "sip:demo@x;gr=Eeyore")])
        #expect(message.messageID == "34jk")
        #expect(message.contentType == "text/plain")
        #expect(message.content == Array("Here is\r\nthe text".utf8))
    }

    @Test func whatIsWrittenReadsTheSame() throws {
        let message = try #require(CPIMMessage(parsing: sample))
        #expect(CPIMMessage(parsing: message.bytes) == message)
    }

    @Test func truncationsAndMutationsNeverTrap() {
        var generator = SplitMix64(5)
        for length in 0...sample.count { _ = CPIMMessage(parsing: Array(sample[..<length])) }
        for _ in 0..<2000 {
            var bytes = sample
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = CPIMMessage(parsing: bytes)
        }
    }

    @Test func plainTextIsNoCPIM() {
        #expect(CPIMMessage(parsing: Array("hello".utf8)) == nil)
        #expect(CPIMMessage(parsing: Array("From: <sip:a@b>\r\n\r\nhello".utf8)) == nil)
    }
}
