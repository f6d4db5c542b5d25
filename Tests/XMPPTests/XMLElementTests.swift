import Primitives
import Testing
import XMPP

@Suite struct XMLElementTests {
    @Test func namespacesAreDeclaredOnlyWhereTheyChange() {
        let iq = XMLElement.iq(from: JID("a@b"), to: nil, type: "set", id: "1") {
            XMLElement("query", "urn:q") {
                XMLElement("item", "urn:q", text: "x")
                XMLElement("body", Namespace.client)
                XMLElement("bare", "")
            }
        }
        #expect(
            iq.serialised(in: Namespace.client)
                == "<iq from='a@b' type='set' id='1'><query xmlns='urn:q'><item>x</item>"
                + "<body xmlns='jabber:client'/><bare xmlns=''/></query></iq>")
        #expect(iq.description.hasPrefix("<iq xmlns='jabber:client' "))
    }

    @Test func whatXMLDoesNotAllowIsLeftOutAndMarksAreEscaped() {
        let element = XMLElement("a", "", ["k": "'\"<>&\n\u{1}"], text: "<\u{0}b>&\u{fffe}\u{b}c\r")
        #expect(
            element.description
                == "<a k='&apos;&quot;&lt;&gt;&amp;&#10;'>&lt;b&gt;&amp;c&#13;</a>")
    }

    @Test func anyTreeSurvivesSerialisingAndParsing() throws {
        let entropy = Entropy.seeded(7)
        for _ in 0..<500 {
            let element = randomElement(entropy)
            let back = try #require(parsed(element.serialised(in: Namespace.client)))
            #expect(back == element)
        }
    }

    @Test func childrenAndAttributesAreFoundByNamespace() {
        var element = XMLElement("message", Namespace.client, ["id": "1", "gone": nil]) {
            XMLElement("body", Namespace.client, text: "hi")
            XMLElement("body", "urn:other", text: "no")
            for name in ["a", "b"] { XMLElement("x", "urn:x", ["n": name]) }
        }
        #expect(element.child("body")?.text == "hi")
        #expect(element.child("body", "urn:other")?.text == "no")
        #expect(element.children(named: "x", "urn:x").map { $0["n"] } == ["a", "b"])
        #expect(element.attributes.count == 1)
        element["id"] = nil
        element["lang", Namespace.xml] = "en"
        #expect(element["id"] == nil)
        #expect(element.lang == "en")
        #expect(element.payload == nil)
    }
}
