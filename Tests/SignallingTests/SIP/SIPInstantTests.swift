import Conference
import MediaSecurity
import Primitives
import SIP
import Testing

@testable import Signalling

/// MESSAGE between phones and who is on the other side of the gateway.
@Suite struct SIPInstantTests {
    private let alice = PeerAddress(.xmpp, user: "alice", host: "localhost", resource: "phone")

    /// A phone behind a route of the house's.
    private func hundred(_ name: String = "Hundred") -> SIPPhone {
        var phone = SIPPhone(name, port: 5080, calls: "sip:alice@localhost")
        phone.identity = SIPURI(user: "100", host: "127.0.0.1", port: 5080)
        return phone
    }

    private func text(
        _ body: String, to number: String = "100", wanted: WantedReports = [], thread: String? = nil,
        language: String? = nil, id: UInt64 = 1
    ) -> Command {
        var text = InstantText(body, clientID: "c1")
        text.wanted = wanted
        text.thread = thread
        text.language = language
        text.subject = thread
        return .instant(
            InstantMessage(
                id: SubmissionID(id), from: alice,
                to: PeerAddress(.xmpp, user: number, host: "sip.localhost"), .text(text)))
    }

    private func about(_ content: InstantMessage.Content) -> Command {
        .instant(
            InstantMessage(
                id: SubmissionID(0), from: alice, to: PeerAddress(.xmpp, user: "100", host: "sip.localhost"), content))
    }

    private func body(_ message: SIPMessage?) -> String? { message.map { String(decoding: $0.body, as: UTF8.self) } }

    private func failures(_ house: SIPHouse) -> [DeliveryFailure] {
        house.effects.compactMap { if case .undelivered(let text) = $0 { text.failure } else { nil } }
    }

    private func passed(_ house: SIPHouse) -> [InstantDelivery] {
        house.effects.compactMap { if case .pass(let delivery) = $0 { delivery } else { nil } }
    }

    private func words(_ delivery: InstantDelivery?) -> InstantText? {
        if case .text(let text) = delivery?.content { text } else { nil }
    }

    // MARK: To phones

    @Test func aTextGoesOutsideOfAnyDialog() throws {
        var house = SIPHouse()
        let message = try #require(house.handle(text("hello", thread: "thread-1", language: "cs")).first(.message))
        #expect(message.requestURI?.description == "sip:100@127.0.0.1:5080")
        #expect(message.from.uri.description == "sip:alice@localhost")
        #expect(message.to.tag == nil)
        #expect(message.callID == "thread-1")
        #expect(message.header("Content-Language") == "cs")
        #expect(message.header("Subject") == "thread-1")
        #expect(message.header("Content-Type") == "text/plain;charset=utf-8")
        #expect(message.contacts.isEmpty)
        #expect(body(message) == "hello")
        #expect(house.flows.last?.remote == SocketAddress(.loopback4, 5080))
    }

    @Test func aThreadThatIsNoCallIDBecomesAnother() throws {
        var house = SIPHouse()
        for thread in ["a b c d e f g", "short", "@at-the-start-of-it", "two@at@signs-", "umläute-im-namen"] {
            let phone = hundred()
            let message = try #require(house.handle(text("x", thread: thread)).first(.message))
            #expect(message.callID != thread)
            house.receive(phone.answer(message), from: phone.address)
        }
    }

    @Test func oneTextAtATimeAndInOrder() throws {
        var house = SIPHouse()
        let phone = hundred()
        let first = try #require(house.handle(text("one")).first(.message))
        #expect(house.handle(text("two")).isEmpty)
        #expect(house.handle(text("three")).isEmpty)
        let second = try #require(house.receive(phone.answer(first), from: phone.address).first(.message))
        #expect(body(second) == "two")
        let third = try #require(house.receive(phone.answer(second, 404), from: phone.address).first(.message))
        #expect(body(third) == "three")
        #expect(failures(house) == [.itemNotFound])
    }

    @Test(arguments: [
        (404, DeliveryFailure.itemNotFound), (403, .forbidden), (480, .recipientUnavailable),
        (486, .recipientUnavailable),
        (405, .featureNotImplemented), (415, .notAcceptable), (488, .notAcceptable), (500, .internalServerError),
        (503, .internalServerError), (600, .recipientUnavailable), (604, .itemNotFound), (302, .redirect), (410, .gone),
        (418, .badRequest), (513, .policyViolation), (408, .remoteServerTimeout), (502, .remoteServerNotFound),
    ]) func finalErrorsComeBackAsConditions(_ status: Int, _ failure: DeliveryFailure) throws {
        var house = SIPHouse()
        let phone = hundred()
        let message = try #require(house.handle(text("hello", wanted: .delivered)).first(.message))
        house.receive(phone.answer(message, status), from: phone.address)
        #expect(failures(house) == [failure])
        #expect(passed(house).count == 1)
    }

    @Test func silenceIsAnErrorToo() {
        var house = SIPHouse()
        house.handle(text("hello"))
        house.run(for: .seconds(40))
        #expect(failures(house) == [.remoteServerTimeout])
    }

    @Test func aTextWaitsForTheDNSAndIsSentOrComesBack() throws {
        var house = SIPHouse()
        house.handle(text("hello", to: "200"))
        let lookup = try #require(house.lookups.first)
        house.resolve(lookup, to: [])
        #expect(failures(house) == [.itemNotFound])
        house.handle(text("again", to: "200"))
        let again = try #require(house.lookups.last)
        let near = SocketAddress(IPAddress("192.0.2.7") ?? .loopback4, 5060)
        let far = SocketAddress(IPAddress("192.0.2.8") ?? .loopback4, 5060)
        house.resolve(
            again,
            to: [
                SIPTarget(.udp, near, domain: "pbx.example.org"), SIPTarget(.udp, far, domain: "pbx.example.org"),
            ])
        #expect(house.flows.last?.remote == near)
        let message = try #require(house.sent.last)
        house.receive(hundred().answer(message, 503), from: near)
        #expect(house.flows.last?.remote == far)
        #expect(failures(house).count == 1)
    }

    @Test func credentialsAreGivenWhereTheyAreDemanded() throws {
        var house = SIPHouse { settings in
            settings.hashing = .openSSL
            settings.credentials = ["127.0.0.1:5080": DigestUser(name: "confab", password: Redacted("secret"))]
        }
        let phone = hundred()
        let message = try #require(house.handle(text("hello")).first(.message))
        var challenge = phone.answer(message, 407)
        challenge.headers.append(
            SIPHeader("Proxy-Authenticate", "Digest realm=\"pbx\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""))
        let again = try #require(house.receive(challenge, from: phone.address).first(.message))
        #expect(again.header("Proxy-Authorization")?.contains("username=\"confab\"") == true)
        #expect(again.cseq.number == message.cseq.number + 1)
        #expect(body(again) == "hello")
        house.receive(phone.answer(again), from: phone.address)
        #expect(failures(house).isEmpty)
    }

    @Test func aLongTextGoesByTCPOrNotAtAll() throws {
        var house = SIPHouse()
        let long = String(repeating: "long ", count: 400)
        let message = try #require(house.handle(text(long)).first(.message))
        #expect(house.flows.last?.transport == .tcp)
        #expect(body(message) == long)
        house.unreachable(SocketAddress(.loopback4, 5080), by: .tcp)
        #expect(failures(house) == [.policyViolation])
        var udp = SIPHouse { $0.outgoing = [.udp] }
        #expect(udp.handle(text(long)).isEmpty)
        #expect(failures(udp) == [.policyViolation])
    }

    @Test func whoIsKnownToReadCPIMGetsItAndPlainTextAfterA415() throws {
        var house = SIPHouse()
        var phone = hundred()
        let cpim =
            "From: <sip:100@127.0.0.1:5080>\r\nTo: <sip:alice@localhost>\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
            + "imdn.Message-ID: m1\r\nimdn.Disposition-Notification: display\r\n\r\nContent-Type: text/plain\r\n\r\nhi"
        house.receive(phone.message(cpim, type: "message/cpim"), from: phone.address)
        #expect(words(passed(house).first)?.wanted == .displayed)
        let message = try #require(house.handle(text("hello", wanted: [.delivered])).first(.message))
        #expect(message.header("Content-Type") == "message/cpim")
        let wrapped = try #require(CPIMMessage(parsing: message.body))
        #expect(wrapped.dispositions == ["positive-delivery"])
        #expect(wrapped.messageID == passed(house).last?.id)
        #expect(String(decoding: wrapped.content, as: UTF8.self) == "hello")
        let plain = try #require(house.receive(phone.answer(message, 415), from: phone.address).first(.message))
        #expect(body(plain) == "hello")
        #expect(plain.cseq.number == message.cseq.number + 1)
        house.receive(phone.answer(plain), from: phone.address)
        #expect(house.handle(text("next")).first(.message)?.header("Content-Type") == "text/plain;charset=utf-8")
        #expect(failures(house).isEmpty)
    }

    @Test func onlyWhoIsKnownToReadItIsToldWhoWrites() throws {
        var house = SIPHouse()
        var phone = hundred()
        let active = about(.composing(isActive: true, lasts: .seconds(90)))
        #expect(house.handle(active).isEmpty)
        house.run(for: .seconds(100))
        house.receive(
            phone.message(IsComposing(isActive: true).xml, type: IsComposing.mediaType), from: phone.address)
        #expect(passed(house).contains { $0.target.network == .xmpp })
        let told = try #require(house.handle(active).first(.message))
        #expect(IsComposing(parsing: told.body)?.isActive == true)
    }

    /// A 200 of an exchange is not the phone's word (RFC 7572 section 4), nor is that of one that reads CPIM and says so itself.
    @Test func onlyAPhonesOwn200IsAReceipt() throws {
        var house = SIPHouse()
        let phone = hundred()
        let message = try #require(house.handle(text("hello", wanted: .delivered)).first(.message))
        house.receive(phone.answer(message), from: phone.address)
        #expect(passed(house).count == 1 && failures(house).isEmpty)
        var said = OutgoingTexts.Text(
            senderName: "", isPrivate: false, contentType: SIPAdapter.plainType, body: Array("hello".utf8))
        #expect(said.outcome(status: 200) == .delivered && said.outcome(status: 202) == .passed)
        said.contentType = "message/cpim"
        #expect(said.outcome(status: 200) == .passed)
        #expect(said.outcome(status: 480) == .failed(.recipientUnavailable))
    }

    /// RFC 3994 section 3.3: it lasts for as long as the writer says.
    @Test func whoWritesHasStoppedWhenItsTimeIsOver() throws {
        var house = SIPHouse()
        var phone = hundred()
        func composing() -> [Bool] {
            passed(house).compactMap { if case .composing(let isActive, _) = $0.content { isActive } else { nil } }
        }
        house.receive(
            phone.message(IsComposing(isActive: true, refresh: 30).xml, type: IsComposing.mediaType),
            from: phone.address)
        house.run(for: .seconds(28))
        #expect(composing() == [true])
        house.run(for: .seconds(4))
        #expect(composing() == [true, false])
    }

    @Test func tooManyTextsToOneComeBack() {
        var house = SIPHouse()
        for _ in 0..<150 {
            house.handle(text("x"))
            house.run(for: .milliseconds(100))
        }
        #expect(failures(house).contains(.internalServerError))
        house.run(for: .seconds(60))
    }

    // MARK: To accounts

    private var accounts: SIPAccounts {
        SIPAccounts(domain: "talk.localhost", secrets: ["bob": .password(Redacted("wonderland"))], displayNames: [:])
    }

    @Test func anAccountReadsOnEachOfItsPhonesAndOneIsEnough() throws {
        var house = SIPHouse(accounts: accounts)
        var (one, two) = (SIPPhone("One", port: 5071), SIPPhone("Two", port: 5072))
        for phone in [0, 1] {
            if phone == 0 {
                one.identity = SIPURI(user: "bob", host: "talk.localhost")
                house.register(&one)
            } else {
                two.identity = SIPURI(user: "bob", host: "talk.localhost")
                house.register(&two)
            }
        }
        let sent = house.handle(text("hello", to: "bob", wanted: .delivered)).filter { $0.method == .message }
        #expect(sent.count == 2)
        #expect(Set(sent.map(\.callID)).count == 1)
        house.receive(one.answer(sent[0], 486), from: one.address)
        #expect(failures(house).isEmpty)
        house.receive(two.answer(sent[1], 200), from: two.address)
        #expect(failures(house).isEmpty)
        #expect(passed(house).last?.content == .report(.delivered, of: "c1"))
    }

    @Test func anAccountWithoutAPhoneCannotBeReached() {
        var house = SIPHouse(accounts: accounts)
        #expect(house.handle(text("hello", to: "bob")).isEmpty)
        #expect(failures(house) == [.recipientUnavailable])
    }

    // MARK: From phones

    @Test func aTextFromAPhoneIsTakenWithAllThatItSays() throws {
        var house = SIPHouse()
        var phone = hundred()
        var message = phone.message("ahoj")
        message.set("Subject", "Tea")
        message.set("Content-Language", "cs")
        #expect(house.receive(message, from: phone.address).statuses == [])
        #expect(house.run(for: .seconds(1)).statuses == [202])
        let delivery = try #require(passed(house).first)
        #expect(delivery.target == alice.bare)
        #expect(delivery.sender == PeerAddress(.xmpp, user: "100", host: "sip.localhost"))
        let text = try #require(self.words(delivery))
        #expect(text.body == "ahoj")
        #expect(text.subject == "Tea")
        #expect(text.thread == phone.callID)
        #expect(text.language == "cs")
        #expect(!house.notices.contains { $0.text.contains("ahoj") })
    }

    @Test func whatIsNoTextIsRefused() {
        var house = SIPHouse()
        var phone = hundred()
        #expect(house.receive(phone.message("x", type: "image/png"), from: phone.address).statuses == [415])
        #expect(house.receive(phone.message("x", type: "message/cpim"), from: phone.address).statuses == [400])
        #expect(house.receive(phone.message("", type: "text/plain"), from: phone.address).statuses == [400])
    }

    @Test(arguments: [
        (DeliveryFailure.itemNotFound, 404), (.serviceUnavailable, 403), (.forbidden, 403), (.policyViolation, 403),
        (.recipientUnavailable, 480), (.notAcceptable, 406), (.remoteServerTimeout, 408), (.gone, 410),
    ]) func anErrorAtOnceIsTheAnswer(_ failure: DeliveryFailure, _ status: Int) throws {
        var house = SIPHouse()
        var phone = hundred()
        house.receive(phone.message("hi"), from: phone.address)
        let id = try #require(passed(house).first?.id)
        let answer = house.handle(.instantOutcome(id, .failed(failure), by: alice.bare))
        #expect(answer.statuses == [status])
        #expect(house.run(for: .seconds(1)).statuses == [])
    }

    // MARK: In a call

    /// The phone calls Alice, who answers.
    private func inCall(accept: String? = nil) throws -> (SIPHouse, SIPPhone) {
        var house = SIPHouse()
        var phone = hundred()
        phone.accept = accept
        house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address)
        let leg = try #require(house.effects.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        let ok = try #require(house.handle(.legAnswered(leg)).first(200))
        #expect(ok.allow?.contains(.message) == true)
        #expect(ok.accept?.contains("message/cpim") == true)
        house.receive(phone.ack(ok), from: phone.address)
        return (house, phone)
    }

    @Test func textInACallGoesInItsDialogAndThePhonesAnswerIsTheReceipt() throws {
        var (house, phone) = try inCall()
        let told = try #require(house.handle(text("hello", wanted: .delivered)).first(.message))
        #expect(told.to.tag == "tag-Hundred")
        #expect(body(told) == "hello")
        house.receive(phone.answer(told), from: phone.address)
        #expect(passed(house).last?.content == .report(.delivered, of: "c1"))
        house.receive(phone.message("hi"), from: phone.address)
        #expect(house.run(for: .seconds(1)).statuses == [202])
        #expect(words(passed(house).last)?.body == "hi")
        let refused = try #require(house.handle(text("more")).first(.message))
        house.receive(phone.answer(refused, 480), from: phone.address)
        #expect(failures(house) == [.recipientUnavailable])
    }

    @Test func aLongTextInACallGoesInPieces() throws {
        var (house, phone) = try inCall()
        let long = String(repeating: "0123456789", count: 200)
        house.handle(text(long, wanted: .delivered))
        #expect(house.flows.last?.transport == .tcp)
        house.unreachable(SocketAddress(.loopback4, 5080), by: .tcp)
        var got = ""
        while let piece = house.sent.last, piece.method == .message, got.count < long.count {
            got += body(piece) ?? ""
            #expect(passed(house).count == 1)
            house.receive(phone.answer(piece), from: phone.address)
        }
        #expect(got == long)
        #expect(passed(house).last?.content == .report(.delivered, of: "c1"))
        #expect(failures(house).isEmpty)
    }

    @Test func typingInACallIsToldToWhoListsIt() throws {
        var (house, phone) = try inCall(accept: "application/sdp, text/plain, application/im-iscomposing+xml")
        let active = about(.composing(isActive: true, lasts: .seconds(90)))
        let told = try #require(house.handle(active).first(.message))
        #expect(told.to.tag == "tag-Hundred")
        house.receive(phone.answer(told), from: phone.address)
        let (silent, _) = try inCall()
        house = silent
        #expect(house.handle(active).isEmpty)
    }

    @Test func whoWritesFromWhereItCallsWritesInTheCall() throws {
        var (house, phone) = try inCall()
        var page = phone
        page.remoteTag = nil
        page.remoteTarget = nil
        page.callID = "page"
        page.branchPrefix = "page"
        house.receive(page.message("psst"), from: page.address)
        #expect(passed(house).last?.leg != nil)
        page.dialled = SIPURI("sip:bob@localhost") ?? page.dialled
        house.receive(page.message("psst"), from: page.address)
        #expect(passed(house).last?.leg == nil)
        #expect(passed(house).last?.target.user == "bob")
        _ = phone.request(.bye)
    }

    // MARK: Behind an exchange

    /// Alice, on XMPP, has called the number, which is up.
    private func house(calling number: String) throws -> SIPHouse {
        var house = SIPHouse()
        var configuration = house.conference.configuration
        configuration.numbers = NumberPlan(international: "00", national: "0", country: "49")
        configuration.routes = [GatewayRoute(pattern: "*", host: "127.0.0.1:5080")]
        configuration.calling.rules = [CallingRule(.everyone, nil)]
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        let caller = LegID(LegIDs.Origin.jingle.rawValue << 56 | 1)
        let call = IncomingCall(
            caller: alice, displayName: nil, callee: PeerAddress(.xmpp, user: number, host: "sip.localhost"),
            takesText: true)
        let invite = try #require(house.handle(.legOffered(caller, call)).first(.invite))
        let phone = SIPPhone("desk", port: 5080)
        house.receive(phone.answer(invite, sdp: SIPPhone.sdp()), from: phone.address)
        house.handle(.legAnswered(caller))
        return house
    }

    @Test(arguments: [
        ("100", "100", true), ("100", "101", false), ("100", "0100", false), ("100", "x100", false),
        ("+4930123456", "030123456", true), ("+4930123456", "4930123456", true), ("+4930123456", "30123456", true),
        ("+4930123456", "004930123456", true), ("+4930123456", "456", false), ("+4930123456", "+4930123457", false),
    ])
    func whoWasCalledBehindAnExchangeIsKnownByTheNumber(called: String, writer: String, isInCall: Bool) throws {
        var house = try house(calling: called)
        var phone = SIPPhone("Other", port: 5080, calls: "sip:alice@localhost")
        phone.identity = SIPURI(user: writer, host: "127.0.0.1", port: 5080)
        house.receive(phone.message("hello"), from: phone.address)
        let legs = house.commands.compactMap { if case .instant(let message) = $0 { message.leg } else { LegID?.none } }
        #expect(legs.count == (isInCall ? 1 : 0))
        #expect(house.commands.contains { if case .instant = $0 { true } else { false } })
    }

    @Test func aCommandOfWhoWasCalledIsAboutTheAddressThatItKnows() throws {
        var house = try house(calling: "100")
        let invite = try #require(house.sent.first(.invite))
        var phone = SIPPhone("desk", port: 5080, calls: "sip:alice@localhost")
        phone.callID = invite.callID
        phone.identity = invite.to.uri
        phone.remoteTag = invite.from.tag
        phone.remoteTarget = invite.contacts.first?.uri
        #expect(house.receive(phone.message("/help"), from: phone.address).first(200) != nil)
        let text = house.commands.lazy.compactMap { if case .callText(let text) = $0 { text } else { nil } }.first
        #expect(text?.peer == PeerAddress(.sip, user: "alice", host: "localhost"))
        #expect(text?.sender.user == "100")
    }
}
