import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct JingleTransferTests {
    private func element(_ attributes: KeyValuePairs<String, String>) -> JingleElement {
        JingleElement(
            .sessionInfo, sid: "s",
            payloads: [
                XMLElement(
                    "transfer", JingleNamespace.transfer, attributes: attributes.map { XMLAttribute($0.key, $0.value) },
                    children: [])
            ])
    }

    @Test func aTransferNamesWhomAndPerhapsASession() {
        let blind = JingleTransfer(in: element(["to": "boss@example.com/phone"]))
        #expect(blind?.to == JID("boss@example.com/phone") && blind?.sid == nil)
        let attended = JingleTransfer(in: element(["to": "boss@example.com", "sid": "663e9f", "from": "me@x"]))
        #expect(attended?.sid == "663e9f")
        #expect(JingleTransfer(in: element([:])) == nil)
        #expect(JingleTransfer(in: element(["to": "@"])) == nil)
        #expect(JingleTransfer(in: element(["from": "me@x"])) == nil)
    }

    @Test func aKeyIsASessionInfo() throws {
        var session = try #require(
            JID("a@x/1").flatMap { local in JID("b@y/2").map { (local, $0) } }.map {
                JingleSession.initiate(sid: "s", from: $0.0, to: $0.1, offer: .init(contents: [])).session
            })
        let dtmf = session.inform(key: "#")?.payloads.first
        #expect(dtmf?.namespace == JingleNamespace.dtmf && dtmf?["code"] == "#")
        _ = session.terminate(JingleReason(.success))
        #expect(session.inform(key: "1") == nil)
    }
}
