import Primitives
import Testing
import XMPP

@Suite struct XMLStreamParserTests {
    private let stanzas =
        "<message to='a@b' xml:lang='de'><body>é &lt;&amp;😀 <![CDATA[<x>]]></body><x xmlns='urn:x' y:z='1' xmlns:y='urn:y'/>"
        + "</message> \n<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"

    private func failure(_ events: [XMLStreamEvent]) -> StreamError.Condition? {
        for case .failed(let error) in events { return error.condition }
        return nil
    }

    @Test func stanzasComeOutWhole() {
        let events = XMLStreamParser(salt: 1).parse((streamHeader + stanzas + "</stream:stream>").utf8)
        #expect(events.count == 4)
        guard case .streamOpened(let header) = events[0], case .stanza(let message) = events[1],
            case .stanza(let iq) = events[2], case .streamClosed = events[3]
        else {
            Issue.record("wrong events: \(events)")
            return
        }
        #expect(header.matches("stream", Namespace.streams))
        #expect(header["id"] == "3BF96D32")
        #expect(message.isMessage)
        #expect(message.lang == "de")
        #expect(message.body == "é <&😀 <x>")
        #expect(message.child("x", "urn:x")?["z", "urn:y"] == "1")
        #expect(iq.payload?.matches("ping", Namespace.ping) == true)
    }

    @Test func aStreamSplitAtAnyByteSaysTheSame() {
        let bytes = Array((streamHeader + stanzas + "</stream:stream>").utf8)
        let whole = XMLStreamParser(salt: 1).parse(bytes)
        for cut in 0...bytes.count {
            let parser = XMLStreamParser(salt: 1)
            #expect(parser.parse(bytes[..<cut]) + parser.parse(bytes[cut...]) == whole)
        }
        let parser = XMLStreamParser(salt: 1)
        #expect(bytes.flatMap { parser.parse([$0]) } == whole)
    }

    private static let forbidden: [(String, StreamError.Condition)] = [
        ("<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;&lol;'>]>", .restrictedXML),
        (streamHeader + "<a>&lol;</a>", .restrictedXML),
        (streamHeader + "<!-- comment -->", .restrictedXML),
        (streamHeader + "<?php phpinfo(); ?>", .restrictedXML),
        (streamHeader + "<a><b></a>", .notWellFormed),
        (streamHeader + "<a x='1' x='2'/>", .notWellFormed),
        (streamHeader + "<a>\u{1}</a>", .notWellFormed),
        (streamHeader + "<p:a/>", .badNamespacePrefix),
        (streamHeader + "text", .badFormat),
        ("GET / HTTP/1.1\r\n\r\n", .notWellFormed),
    ]

    @Test(arguments: XMLStreamParserTests.forbidden)
    func whatIsNotAllowedEndsTheStream(_ text: String, _ condition: StreamError.Condition) {
        let parser = XMLStreamParser(salt: 1)
        #expect(failure(parser.parse(text.utf8)) == condition)
        #expect(parser.parse(streamHeader.utf8).isEmpty)
    }

    @Test func bytesThatAreNoUTF8EndTheStream() {
        let parser = XMLStreamParser(salt: 1)
        #expect(
            failure(parser.parse(Array(streamHeader.utf8) + Array("<a>".utf8) + [0xff, 0xfe, 0x3c])) == .notWellFormed)
    }

    @Test func aStanzaThatIsTooLargeEndsTheStream() {
        let megabyte = String(repeating: "x", count: 1 << 20)
        for stanza in ["<message><body>\(megabyte)</body></message>", "<message a='\(megabyte)", "<\(megabyte)"] {
            let parser = XMLStreamParser(salt: 1)
            #expect(failure(parser.parse((streamHeader + stanza).utf8)) == .policyViolation)
        }
        let parser = XMLStreamParser(salt: 1)
        let fits = String(repeating: "x", count: 500 * 1024)
        #expect(parser.parse((streamHeader + "<message><body>\(fits)</body></message>").utf8).count == 2)
    }

    @Test func manyStanzasAndSpacesAreNoLargeStanza() {
        let parser = XMLStreamParser(salt: 1, limits: XMLStreamLimits(stanzaSize: 1000))
        #expect(parser.parse(streamHeader.utf8).count == 1)
        for _ in 0..<500 { #expect(parser.parse("   ".utf8).isEmpty) }
        for _ in 0..<500 { #expect(parser.parse("<presence/>".utf8).count == 1) }
    }

    @Test func elementsNestedTooDeeplyEndTheStream() {
        let parser = XMLStreamParser(salt: 1)
        let deep = String(repeating: "<a>", count: 10_000)
        #expect(failure(parser.parse((streamHeader + deep).utf8)) == .policyViolation)
        let fits = String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64)
        #expect(XMLStreamParser(salt: 1).parse((streamHeader + fits).utf8).count == 2)
    }

    @Test func tooManyAttributesEndTheStream() {
        func element(_ count: Int) -> String { "<a \((0..<count).map { "k\($0)='v'" }.joined(separator: " "))/>" }
        #expect(XMLStreamParser(salt: 1).parse((streamHeader + element(64)).utf8).count == 2)
        #expect(failure(XMLStreamParser(salt: 1).parse((streamHeader + element(65)).utf8)) == .policyViolation)
    }

    @Test func mutatedStreamsNeverTrap() {
        let entropy = seeded(11)
        let bytes = Array((streamHeader + stanzas + "</stream:stream>").utf8)
        for _ in 0..<3000 {
            var mutated = bytes
            for _ in 0...entropy.u32() % 4 {
                mutated[Int(entropy.u32()) % mutated.count] = UInt8(truncatingIfNeeded: entropy.u32())
            }
            let parser = XMLStreamParser(salt: entropy.u64())
            let cut = Int(entropy.u32()) % mutated.count
            let events = parser.parse(mutated[..<cut]) + parser.parse(mutated[cut...])
            #expect(events.count <= 8)
        }
    }
}
