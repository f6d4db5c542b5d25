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

    @Test func allHeadersAreKept() throws {
        let text = [
            "From: <sip:a@b>", "To: <sip:c@d>", "cc: <sip:e@f>", "Subject: the weather", "Subject:;lang=de Wetter",
            "NS: imdn <urn:ietf:params:imdn>", "NS: my <mailto:features@example.com>",
            "imdn.Disposition-Notification: positive-delivery, display", "my.VitalHint: \"high\"", "Plain: yes",
            "other.Unknown: no", "", "Content-Type: text/plain", "Content-Length: 2", "", "hi and more",
        ].joined(separator: "\r\n")
        let message = try #require(CPIMMessage(parsing: Array(text.utf8)))
        #expect(message.cc.map(\.uri) == ["sip:e@f"])
        #expect(message.subjects == ["the weather", ";lang=de Wetter"])
        #expect(message.dispositions == ["positive-delivery", "display"])
        #expect(
            message.extensions == [
                .init(namespace: "mailto:features@example.com", name: "VitalHint", value: "\"high\""),
                .init(namespace: "", name: "Plain", value: "yes"),
            ])
        #expect(message.content == Array("hi".utf8))
        let again = try #require(CPIMMessage(parsing: message.bytes))
        #expect(again.extensions == message.extensions)
        #expect(again.subjects == message.subjects)
        #expect(again.dispositions == message.dispositions)
    }

    @Test(arguments: [
        ("imdn.Message-ID, Subject", []), ("my.VitalHint", ["my.VitalHint"]), ("Encryption", ["Encryption"]),
        ("imdn.IMDN-Route", ["imdn.IMDN-Route"]),
    ])
    func whatMustBeUnderstoodAndIsNotIsNamed(required: String, unknown: [String]) throws {
        let text =
            "From: <sip:a@b>\r\nNS: my <urn:x>\r\nNS: imdn <urn:ietf:params:imdn>\r\nRequire: \(required)\r\n\r\n"
            + "Content-Type: text/plain\r\n\r\nhi"
        let message = try #require(CPIMMessage(parsing: Array(text.utf8)))
        #expect(message.unknownRequirements == unknown)
    }

    @Test func contentThatIsShorterThanItSaysIsCut() {
        let text = "From: <sip:a@b>\r\n\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\nhello"
        #expect(CPIMMessage(parsing: Array(text.utf8)) == nil)
        for length in ["-1", "x", "99999999999999999999"] {
            #expect(CPIMMessage(parsing: Array(text.replacing("20", with: length).utf8)) == nil)
        }
    }
}
