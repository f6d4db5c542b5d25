import Conference
import Primitives
import SIP
import Testing
import XMPP

@testable import Signalling

/// A resource of XMPP is `gr` in SIP (RFC 7247 section 6, RFC 5627), drawn at random.
@Suite struct ResourceMappingTests {
    private static let letters = Array("abzAZ09._~!$*+-=^`{|}#%?;()[],\\ \"&'/:<>@äßЖ中é😀".unicodeScalars)

    @Test func aResourceGoesIntoAURIAndComesBackAsItWas() throws {
        var random = SplitMix64(11)
        for _ in 0..<5000 {
            let count = Int(random.next() % 12) + 1
            let drawn = String(
                String.UnicodeScalarView(
                    (0..<count).map { _ in Self.letters[Int(random.next() % UInt64(Self.letters.count))] }))
            guard let jid = JID(local: "demo", domain: "talk.example.org", resource: drawn) else { continue }
            let resource = try #require(jid.resource)
            // The parser leaves out blanks at the ends; no name of ours has any.
            guard resource.first != " ", resource.last != " " else { continue }
            let address = PeerAddress(.sip, user: "demo", host: "talk.example.org", resource: resource)
            let text = "\(SIPURI(address))"
            #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
            #expect(PeerAddress(try #require(SIPURI(text), "\(text)")) == address, "\(resource) as \(text)")
        }
    }
}
