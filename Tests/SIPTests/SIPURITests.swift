import Primitives
import Testing

@testable import SIP

@Suite struct SIPURITests {
    @Test(arguments: [
        "sip:demo@127.0.0.1", "sip:demo@[::1]:5060;transport=tcp;lr", "sip:romeo%40other.net@sip.example.org",
        "sip:demo@talk.localhost;gr=Alice%20B", "sips:example.org", "sip:+49;phone@x.y;user=phone",
        "sip:a:b@c", "tel:+4930123;phone-context=x",
    ])
    func aURIIsWrittenAsItWasRead(text: String) {
        #expect(SIPURI(text)?.description == text)
    }

    @Test func escapesAreUndoneOnce() {
        #expect(SIPURI("sip:a%2540b@c")?.user == "a%40b")
        #expect(SIPURI("sip:a%2540b@c")?.description == "sip:a%2540b@c")
        #expect(SIPURI("sip:%C3%A4@c")?.user == "ä")
    }

    @Test func hostsAreLowered() {
        #expect(SIPURI("SIP:Bob@EXAMPLE.org") == SIPURI("sip:Bob@example.org"))
    }

    @Test(arguments: [
        "", "demo", "sip:", "sip:a@", "sip:a@b:0", "sip:a@b:65536", "sip:a%00@b", "sip:a@b c", "sip:a@b\0",
        "sip:a%0D%0AINFO%20all%20is%20well@b", "sip:a@b;gr=x%1B%5B2J", "sip:a%7f@b",
    ])
    func whatIsNoURIIsRefused(text: String) {
        #expect(SIPURI(text) == nil)
    }

    @Test func anyUserAndParameterComesBack() {
        var generator = SplitMix64(7)
        let characters = Array("abcXYZ019-_.!~*'()&=+$,;?/:@%<>\"\\[]^`{|}# äßж😀")
        for _ in 0..<2000 {
            func text() -> String {
                String(
                    (0..<Int.random(in: 1...12, using: &generator)).compactMap { _ in
                        characters.randomElement(using: &generator)
                    })
            }
            var uri = SIPURI(user: text(), host: "example.org", port: 5080)
            uri.parameters["gr"] = text().trimmed
            uri.parameters.flag("lr")
            #expect(SIPURI(uri.description) == uri)
            let address = NameAddress(displayName: text().trimmed, uri, parameters: SIPParameters([.init("tag", "x")]))
            let read = NameAddress(address.description)
            #expect(read?.uri == uri)
            #expect(read?.tag == "x")
            #expect((read?.displayName ?? "") == (address.displayName ?? ""))
        }
    }
}
