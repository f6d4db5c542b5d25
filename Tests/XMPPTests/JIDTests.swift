import Primitives
import Testing
import XMPP

@Suite struct JIDTests {
    @Test func partsAreTakenApartAndLowerCased() throws {
        let jid = try #require(JID("Juliet@Example.COM./Balcony @/x"))
        #expect(jid.local == "juliet")
        #expect(jid.domain == "example.com")
        #expect(jid.resource == "Balcony @/x")
        #expect(jid.description == "juliet@example.com/Balcony @/x")
        #expect(jid.bare.description == "juliet@example.com")
        #expect(jid.bare.with(resource: "r")?.description == "juliet@example.com/r")
        #expect(jid.bare.with(resource: "") == nil)
        #expect(JID("[::1]")?.domain == "[::1]")
        #expect(JID("jürgen@bücher.example/ü")?.local == "jürgen")
        #expect(JID("_xmpp._tcp.a-b.example") != nil)
    }

    @Test(arguments: [
        "", "@", "/", "@a", "a@", "a@/r", "a@b/", "a b@c", "a\"@b", "a&b@c", "a'b@c", "a:b@c", "<a>@c", "a@b@c",
        "a@b c",
        "a@b..c", "a@.b", "a@b\u{0}", "a\u{7}@b", "a@b/\u{7}", "a@[::1", "a@b:5222", "a@b\\c", "a@b/\u{2028}",
    ])
    func whatIsNoJIDIsRefused(_ text: String) {
        #expect(JID(text) == nil)
    }

    @Test func eachPartHasItsLimit() {
        let most = String(repeating: "a", count: 1023)
        #expect(JID("\(most)@\(most)/\(most)") != nil)
        #expect(JID("\(most)a@b") == nil)
        #expect(JID("a@\(most)a") == nil)
        #expect(JID("a@b/\(most)a") == nil)
        #expect(JID(String(repeating: "x", count: 10_000) + "@talk.localhost") == nil)
    }

    private static let escapes: [(String, String)] = [
        ("space cadet", "space\\20cadet"), ("call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22"),
        ("at&t guy", "at\\26t\\20guy"), ("d'artagnan", "d\\27artagnan"), ("/.fanboy", "\\2f.fanboy"),
        ("::foo::", "\\3a\\3afoo\\3a\\3a"), ("<foo>", "\\3cfoo\\3e"), ("user@host", "user\\40host"),
        ("c:\\net", "c\\3a\\net"), ("c:\\\\net", "c\\3a\\\\net"), ("c:\\cool stuff", "c\\3a\\cool\\20stuff"),
        ("c:\\5commas", "c\\3a\\5c5commas"),
    ]

    @Test(arguments: JIDTests.escapes)
    func theExamplesOfXEP0106Hold(_ text: String, _ escaped: String) {
        #expect(JID.escape(local: text) == escaped)
        #expect(JID.unescape(local: escaped) == text)
    }

    @Test func anythingSurvivesEscaping() {
        let entropy = Entropy.seeded(3)
        let alphabet: [Character] = ["\\", "2", "0", "5", "c", "4", "@", " ", "a", "é", "/"]
        for _ in 0..<2000 {
            let body = (0..<entropy.u32() % 12).map { _ in alphabet[Int(entropy.u32()) % alphabet.count] }
            let text = "x" + String(body) + "y"
            let escaped = JID.escape(local: text)
            #expect(JID.unescape(local: escaped) == text)
            #expect(JID(local: escaped, domain: "b") != nil)
        }
        #expect(JID.unescape(local: "a\\2") == "a\\2")
        #expect(JID.unescape(local: "\\") == "\\")
    }
}
