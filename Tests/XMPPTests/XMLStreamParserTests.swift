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

    /// What is refused in a stream that goes on after it, and what is kept of it.
    private func refusal(_ stanza: String, limits: XMLStreamLimits = XMLStreamLimits()) -> (XMLElement, String)? {
        let parser = XMLStreamParser(salt: 1, limits: limits)
        let events = parser.parse((streamHeader + stanza + "<presence/>").utf8)
        guard events.count == 3, case .refused(let head, let excess) = events[1],
            events[2] == .stanza(XMLElement("presence", Namespace.client))
        else { return nil }
        return (head, excess)
    }

    @Test func aStanzaBeyondTheLimitsIsLeftOutAndTheNextOneIsRead() throws {
        let large = String(repeating: "x", count: 600 * 1024)
        let deep = String(repeating: "<a>", count: 10_000) + String(repeating: "</a>", count: 10_000)
        let keys = (0..<65).map { "k\($0)='v'" }.joined(separator: " ")
        let uri = String(repeating: "u", count: 257)
        let refused = [
            ("<body>\(large)</body>", "too large"), ("<a b='\(large)'/>", "too large"),
            (String(repeating: "<a/>", count: 200_000), "too large"), (deep, "nested too deeply"),
            ("<a \(keys)/>", "of too many attributes"), ("<a \(keys)>\(deep)</a>", "of too many attributes"),
            ("<a xmlns='\(uri)'><b/></a>", "in a namespace with too long a name"),
            ("<a xmlns:n='\(uri)' n:b='c'/>", "in a namespace with too long a name"),
        ]
        for (content, excess) in refused {
            let found = try #require(refusal("<message from='a@b' id='7'>text\(content)text</message>"))
            #expect(found.0 == XMLElement("message", Namespace.client, ["from": "a@b", "id": "7"]))
            #expect(found.1 == excess)
        }
        #expect(refusal("<message id='\(large)'/>")?.1 == "too large")
    }

    @Test func aDocumentMayHaveWhatAStreamMayNot() {
        let document = "<?xml version='1.0'?><!-- a --><?b c?><d><!-- e --><f>g<!-- h -->i</f><?j?></d><!-- k -->"
        let events = XMLStreamParser(of: .document, salt: 1).parse(document.utf8)
        #expect(events.count == 3)
        guard events.count == 3, case .stanza(let element) = events[1], case .streamClosed = events[2] else {
            Issue.record("wrong events: \(events)")
            return
        }
        #expect(element.text == "gi")
        #expect(failure(XMLStreamParser(salt: 1).parse(document.utf8)) == .restrictedXML)
        for type in ["<!DOCTYPE d>", "<!DOCTYPE d [<!ENTITY l 'm'>]>", "<!DOCTYPE d SYSTEM 'n'>"] {
            #expect(failure(XMLStreamParser(of: .document, salt: 1).parse((type + "<d/>").utf8)) == .restrictedXML)
        }
        #expect(failure(XMLStreamParser(of: .document, salt: 1).parse("<d>&o;</d>".utf8)) == .restrictedXML)
    }

    @Test func whatIsJustWithinTheLimitsIsRead() {
        let fits = String(repeating: "x", count: 500 * 1024)
        let deep = String(repeating: "<a>", count: 63) + String(repeating: "</a>", count: 63)
        let keys = (0..<64).map { "k\($0)='v'" }.joined(separator: " ")
        let uri = String(repeating: "u", count: 256)
        for content in ["<body>\(fits)</body>", deep, "<a \(keys)/>", "<a xmlns='\(uri)'/>"] {
            let events = XMLStreamParser(salt: 1).parse((streamHeader + "<message>\(content)</message>").utf8)
            guard events.count == 2, case .stanza = events[1] else {
                Issue.record("refused: \(content.prefix(40))")
                continue
            }
        }
    }

    @Test func aStanzaThatDoesNotEndEndsTheStream() {
        let endless = String(repeating: "x", count: 5 << 20)
        for stanza in ["<message><body>\(endless)", "<message a='\(endless)", "<\(endless)"] {
            let parser = XMLStreamParser(salt: 1)
            #expect(failure(parser.parse((streamHeader + stanza).utf8)) == .policyViolation)
        }
        #expect(failure(XMLStreamParser(salt: 1).parse("<stream a='\(endless)".utf8)) == .policyViolation)
    }

    @Test func manyStanzasAndSpacesAreNoLargeStanza() {
        let parser = XMLStreamParser(salt: 1, limits: XMLStreamLimits(stanzaSize: 1000))
        #expect(parser.parse(streamHeader.utf8).count == 1)
        for _ in 0..<500 { #expect(parser.parse("   ".utf8).isEmpty) }
        for _ in 0..<500 { #expect(parser.parse("<presence/>".utf8).count == 1) }
    }

    @Test func mutatedStreamsNeverTrap() {
        let entropy = Entropy.seeded(11)
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
