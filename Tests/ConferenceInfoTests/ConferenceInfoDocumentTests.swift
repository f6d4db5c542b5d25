import Conference
import ConferenceInfo
import MediaDescription
import Primitives
import Testing

@Suite struct ConferenceInfoDocumentTests {
    static let entity = "sip:demo@talk.localhost"

    /// A phone, a Jingle client and somebody who only chats.
    static func threeInARoom() -> InfoWorld {
        var world = InfoWorld()
        world.call(PeerAddress(.sip, user: "100", host: "127.0.0.1:5080"), name: "Ann", source: 2124)
        world.call(PeerAddress(.xmpp, user: "bob", host: "localhost", resource: "phone"), source: 4_294_967_295)
        world.enter(PeerAddress(.xmpp, user: "cem", host: "localhost", resource: "pc"), nick: "Cem")
        return world
    }

    @Test func aRoomIsToldInFull() {
        let document = ConferenceInfoDocument(Self.threeInARoom().room, entity: Self.entity)
        #expect(
            document.xml() == """
                <?xml version="1.0" encoding="UTF-8"?>
                <conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:demo@talk.localhost" \
                state="full" version="1"><conference-description><display-text>demo</display-text><available-media>\
                <entry label="audio"><type>audio</type><status>sendrecv</status></entry></available-media>\
                </conference-description><conference-state><user-count>3</user-count><active>true</active>\
                <locked>false</locked></conference-state><users state="full"><user entity="sip:100@127.0.0.1:5080" \
                state="full"><display-text>Ann</display-text><roles><entry>speaker</entry></roles><endpoint \
                entity="sip:100@127.0.0.1:5080" state="full"><status>connected</status>\
                <joining-method>dialed-in</joining-method><joining-info><when>2027-01-15T08:00:02.000Z</when>\
                </joining-info><media id="1"><type>audio</type><label>audio</label><src-id>2124</src-id>\
                <status>sendrecv</status></media></endpoint></user><user entity="xmpp:bob@localhost" state="full">\
                <display-text>bob</display-text><roles><entry>speaker</entry></roles><endpoint \
                entity="xmpp:bob@localhost/phone" state="full"><status>connected</status>\
                <joining-method>dialed-in</joining-method><joining-info><when>2027-01-15T08:00:05.000Z</when>\
                </joining-info><media id="1"><type>audio</type><label>audio</label><src-id>4294967295</src-id>\
                <status>sendrecv</status></media></endpoint></user><user entity="xmpp:cem@localhost" state="full">\
                <display-text>Cem</display-text><roles><entry>speaker</entry></roles><endpoint \
                entity="xmpp:cem@localhost/pc" state="full"><status>connected</status>\
                <joining-method>dialed-in</joining-method><joining-info><when>2027-01-15T08:00:07.000Z</when>\
                </joining-info></endpoint></user></users></conference-info>
                """)
    }

    static let context = ConferenceInfoContext(
        scheme: .sip,
        uris: [
            InfoURI("sip:demo@talk.localhost", purpose: "participation"),
            InfoURI("xmpp:demo@rooms.localhost?join", displayText: "chat", purpose: "participation"),
        ], maximumUsers: 1000, host: .init(displayText: "talk.localhost", uris: [InfoURI("sip:talk.localhost")]))

    @Test func theRoomIsDescribedAndItsHostNamed() {
        var world = InfoWorld()
        world.enter(PeerAddress(.xmpp, user: "cem", host: "localhost", resource: "pc"), nick: "Cem")
        world.subject("Plans", by: PeerAddress(.xmpp, user: "cem", host: "localhost", resource: "pc"))
        let text = ConferenceInfoDocument(world.room, entity: Self.entity, in: Self.context).xml()
        #expect(
            text.contains(
                """
                <display-text>demo</display-text><subject>Plans</subject><conf-uris><entry>\
                <uri>sip:demo@talk.localhost</uri><purpose>participation</purpose></entry><entry>\
                <uri>xmpp:demo@rooms.localhost?join</uri><display-text>chat</display-text>\
                <purpose>participation</purpose></entry></conf-uris><maximum-user-count>1000</maximum-user-count>\
                <available-media>
                """))
        #expect(
            text.contains(
                """
                <host-info><display-text>talk.localhost</display-text><uris><entry><uri>sip:talk.localhost</uri>\
                </entry></uris></host-info><conference-state><user-count>1</user-count>
                """))
        #expect(text.contains("<associated-aors><entry><uri>xmpp:cem@localhost</uri></entry></associated-aors>"))
    }

    @Test func languagesAreToldOnceEach() {
        var world = InfoWorld()
        let address = PeerAddress(.sip, user: "a", host: "h")
        world.call(address, languages: ["de-AT", "en"])
        world.call(address, languages: ["en", "fr"])
        let user = ConferenceInfoDocument(world.room, entity: Self.entity).users.first?.element
        #expect(user?.child("languages")?.text == "de-AT en fr")
    }

    @Test func whoIsCalledInIsToldWithWhoDidItAndHowItEnded() throws {
        var world = InfoWorld()
        let ann = world.call(PeerAddress(.sip, user: "ann", host: "h"))
        func endpoint() throws -> InfoElement {
            let users = ConferenceInfoDocument(world.room, entity: Self.entity).users
            return try #require(users.last?.endpoints.first?.element)
        }
        let callee = world.invite(PeerAddress(.sip, user: "101", host: "talk.localhost"), by: ann)
        #expect(try endpoint().child("status")?.text == "dialing-out")
        #expect(try endpoint().child("joining-method")?.text == "dialed-out")
        #expect(try endpoint().child("referred")?.child("by")?.text == "sip:ann@h")
        #expect(try endpoint().child("joining-info")?.child("by")?.text == "sip:ann@h")
        #expect(try endpoint().child("disconnection-method") == nil)
        world.tell(.legEnded(callee, .busy))
        #expect(try endpoint().child("status")?.text == "disconnected")
        #expect(try endpoint().child("disconnection-method")?.text == "busy")
        #expect(try endpoint().child("disconnection-info")?.child("reason")?.text == "SIP;text=\"busy\"")
    }

    @Test func coinCarriesTheSessionIDAndNoDeclaration() {
        let document = ConferenceInfoDocument(Self.threeInARoom().room, entity: "xmpp:demo@talk.localhost")
        let text = document.xml(declaration: false, extraAttributes: [.init("sid", "a\"b")])
        #expect(text.hasPrefix("<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity="))
        #expect(text.contains(" sid=\"a&quot;b\">"))
        #expect(document.element(extraAttributes: [.init("sid", "x")])["sid"] == "x")
    }

    @Test func clientsThatReadOnlySIPURIsCanBeServed() {
        var world = Self.threeInARoom()
        func entities() -> [String] {
            ConferenceInfoDocument(world.room, entity: Self.entity, in: .init(scheme: .sip)).users.map(\.entity)
        }
        #expect(entities() == ["sip:100@127.0.0.1:5080", "sip:bob@localhost", "sip:cem@localhost"])
        world.call(PeerAddress(.sip, user: "bob", host: "localhost"))
        #expect(
            entities() == ["sip:100@127.0.0.1:5080", "xmpp:bob@localhost", "sip:cem@localhost", "sip:bob@localhost"])
    }

    @Test func whoDoesNotTellIsHiddenAndTellable() {
        var world = InfoWorld()
        for _ in 0..<2 { world.call(PeerAddress(.sip, user: "anonymous", host: "10.0.0.9")) }
        let document = ConferenceInfoDocument(world.room, entity: Self.entity)
        #expect(Set(document.users.map(\.entity)).count == 2)
        #expect(document.users.allSatisfy { $0.entity.hasPrefix("sip:anonymous") })
        #expect(document.users.allSatisfy { $0.entity.hasSuffix("@anonymous.invalid") })
        #expect(!document.xml().contains("10.0.0.9"))
    }

    @Test func oneDeviceThatCallsAndChatsHasTwoEndpoints() {
        var world = InfoWorld()
        let client = PeerAddress(.xmpp, user: "bob", host: "localhost", resource: "pc")
        world.call(client)
        world.enter(client, nick: "Bob")
        let users = ConferenceInfoDocument(world.room, entity: Self.entity).users
        #expect(users.count == 1)
        #expect(Set(users[0].endpoints.map(\.entity)).count == 2)
        #expect(users[0].endpoints.map { $0.audio != nil } == [true, false])
    }

    @Test func holdIsToldAsTheParticipantSeesIt() {
        var world = InfoWorld()
        let leg = world.call(PeerAddress(.sip, user: "a", host: "h"))
        world.tell(.legDirection(leg, .recvonly))
        let endpoint = ConferenceInfoDocument(world.room, entity: Self.entity).users[0].endpoints[0]
        #expect(endpoint.audio?.status == .recvonly)
        #expect(endpoint.status == .connected)
    }

    @Test(arguments: [
        (PeerAddress(.sip, user: "a b%#\"é", host: "h"), "sip:a%20b%25%23%22%C3%A9@h"),
        (PeerAddress(.sip, user: "alice@other.net", host: "sip.localhost"), "sip:alice%40other.net@sip.localhost"),
        (PeerAddress(.xmpp, user: "d\\27art", host: "localhost"), "xmpp:d%5C27art@localhost"),
        (PeerAddress(.sip, user: "", host: "[::1]:5060"), "sip:[::1]:5060"),
    ])
    func addressesArePercentEncoded(address: PeerAddress, uri: String) {
        #expect(AddressURI.user(address) == uri)
    }

    @Test func resourcesFollowTheFormOfTheirSide() {
        #expect(
            AddressURI.full(PeerAddress(.xmpp, user: "a", host: "h", resource: "my phone/1"))
                == "xmpp:a@h/my%20phone%2F1")
        #expect(AddressURI.full(PeerAddress(.sip, user: "a", host: "h", resource: "Ann Lee")) == "sip:a@h;gr=Ann%20Lee")
    }

    @Test func hostileNamesStayText() {
        var world = InfoWorld()
        world.call(PeerAddress(.sip, user: "a", host: "h"), name: "</user><x a='\"'>&amp;\u{FFFE}")
        let text = ConferenceInfoDocument(world.room, entity: Self.entity).xml()
        #expect(text.contains("<display-text>&lt;/user&gt;&lt;x a='\"'&gt;&amp;amp;"))
    }

    @Test(.enabled(if: SchemaCheck.xmllint != nil))
    func everyKindOfDocumentValidatesAgainstTheSchema() throws {
        var world = Self.threeInARoom()
        var publisher = OneWatcher(entity: Self.entity, in: Self.context)
        var documents = [publisher.full(world.room)].compactMap(\.self)
        let leg = world.call(PeerAddress(.sip, user: "a b\"<é", host: "h"), name: "<&>\"'\u{FFFE}")
        documents += [publisher.update(world.room)].compactMap(\.self)
        world.tell(.legDirection(leg, .sendonly))
        world.subject("Plans & <such>", by: PeerAddress(.xmpp, user: "cem", host: "localhost", resource: "pc"))
        documents += [publisher.update(world.room)].compactMap(\.self)
        world.hangUp(leg)
        documents += [publisher.update(world.room)].compactMap(\.self)
        let callee = world.invite(PeerAddress(.sip, user: "101", host: "talk.localhost"), by: world.legs[0])
        documents += [publisher.update(world.room)].compactMap(\.self)
        world.tell(.legEnded(callee, .busy))
        documents += [publisher.update(world.room)].compactMap(\.self)
        documents += [publisher.deleted()].compactMap(\.self)
        documents.append(ConferenceInfoDocument(InfoWorld().room, entity: Self.entity))
        #expect(documents.count == 8)
        for document in documents { #expect(try SchemaCheck.complaint(about: document.xml()) == nil) }
    }

    @Test(.enabled(if: SchemaCheck.xmllint != nil))
    func theSchemaCheckSeesWhatIsWrong() throws {
        let text = ConferenceInfoDocument(Self.threeInARoom().room, entity: Self.entity).xml()
        let wrong = text.replacing("<status>connected</status>", with: "<status>here</status>")
        #expect(try SchemaCheck.complaint(about: wrong) != nil)
    }
}
