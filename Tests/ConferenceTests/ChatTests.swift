import Conference
import Primitives
import Testing

/// Three in a room: Ann by phone, Bob by Jingle, Cem in the MUC.
@Suite struct ChatTests {
    var world = World()
    let ann = PeerAddress.sip("ann@10.0.0.1")
    let bob = PeerAddress.xmpp("bob@localhost/phone")
    let cem = PeerAddress.xmpp("cem@localhost/pc")
    let annLeg: LegID
    let bobLeg: LegID
    let annPhone: EndpointID
    let bobPhone: EndpointID
    let cemPC: EndpointID

    init() throws {
        annLeg = world.call(from: ann, name: "Ann Lee")
        bobLeg = world.call(from: bob, to: .xmpp("demo@talk.localhost"), name: "Bob")
        world.enter(cem, nick: "Cem")
        annPhone = try #require(world.endpoint(of: annLeg))
        bobPhone = try #require(world.endpoint(of: bobLeg))
        cemPC = try #require(world.endpoint(of: cem))
    }

    @Test mutating func eachReadsWhatAnotherSaysOnce() throws {
        #expect(world.say("hi", by: ann, via: .sip, leg: annLeg).deliveries == [bobPhone, cemPC])
        #expect(world.say("hi", by: bob, via: .talk).deliveries == [annPhone, cemPC])
        #expect(world.say("hi", by: cem, via: .muc).deliveries == [annPhone, bobPhone, cemPC])
    }

    @Test mutating func aPublicMessageIsStoredThenDeliveredThenAcknowledged() throws {
        let effects = world.say("hi", by: bob, via: .talk, clientID: "c1")
        let message = try #require(effects.message)
        #expect(message.senderName == "Bob")
        #expect(message.sender == bob)
        #expect(message.audience == .everyone)
        #expect(message.clientID == "c1")
        #expect(
            effects == [
                .store(.message(.demo, message)), .deliver(message, .demo, annPhone), .deliver(message, .demo, cemPC),
                .submitted(SubmissionID(1), .accepted(id: message.id)),
            ])
        #expect(world.room()?.history == [message])
    }

    @Test mutating func aPrivateMessageReachesOneAndIsKeptNowhere() throws {
        for audience in [
            Submission.Audience.named("ann lee"), .address(ann),
            .address(PeerAddress(.sip, user: "demo", host: "talk.localhost", resource: "Ann Lee")),
        ] {
            let effects = world.say("psst", by: bob, via: .talk, to: audience)
            #expect(effects.deliveries == [annPhone])
            #expect(effects.message?.audience == .one("Ann Lee"))
            #expect(effects.records.isEmpty)
            #expect(effects.count == 2)
        }
        #expect(world.say("psst", by: cem, via: .muc, to: .named("Bob")).deliveries == [bobPhone])
        #expect(world.say("psst", by: ann, via: .sip, to: .address(.xmpp("cem@localhost"))).deliveries == [cemPC])
        #expect(world.room()?.history.isEmpty == true)
    }

    @Test mutating func aTextToTheRoomsOwnAddressIsForEveryone() {
        let effects = world.say("hi", by: ann, via: .sip, to: .address(.sip("demo@talk.localhost")))
        #expect(effects.deliveries == [bobPhone, cemPC])
    }

    @Test(arguments: [
        ("/msg Ann Lee hello there", "hello there"), ("/msg \"Ann Lee\" hello", "hello"), ("/MSG ann lee  x", "x"),
        ("  /msg 'ANN LEE' a\nb", "a\nb"),
    ])
    mutating func aSlashCommandWritesToOne(body: String, text: String) {
        for (sender, via) in [(bob, TextPath.talk), (cem, .muc)] {
            let effects = world.say(body, by: sender, via: via)
            #expect(effects.deliveries == [annPhone])
            #expect(effects.message?.body == text)
            #expect(effects.records.isEmpty)
        }
    }

    @Test mutating func theLongestNameThatFitsIsMeant() throws {
        let other = world.call(from: .sip("x@h"), name: "Ann")
        let phone = try #require(world.endpoint(of: other))
        #expect(world.say("/msg Ann Lee hi", by: bob, via: .talk).deliveries == [annPhone])
        #expect(world.say("/msg Ann Leery hi", by: bob, via: .talk).deliveries == [phone])
        #expect(world.say("/msg \"Ann\" Lee hi", by: bob, via: .talk).message?.body == "Lee hi")
    }

    @Test mutating func anUnknownAddresseeIsAnErrorToTheSender() {
        #expect(world.say("x", by: bob, via: .talk, to: .named("Zoe")).refusal == .noSuchParticipant("Zoe"))
        #expect(world.say("/msg Zoe hello", by: bob, via: .talk).refusal == .noSuchParticipant("Zoe"))
        #expect(
            world.say("x", by: bob, via: .talk, to: .address(.sip("zoe@h"))).refusal == .noSuchParticipant("zoe@h"))
        world.call(from: .sip("mute@h"), name: "Mute", takesText: false)
        #expect(world.say("x", by: bob, via: .talk, to: .named("mute")).refusal == .cannotRead("Mute"))
    }

    @Test mutating func otherCommandsAreAnsweredAndReachNobody() throws {
        #expect(world.say("/roster", by: ann, via: .sip).reply == "3 in demo: Ann Lee (call), Bob (call), Cem (chat)")
        #expect(world.say("/help", by: ann, via: .sip).reply?.contains("/msg") == true)
        #expect(world.say("/msg", by: ann, via: .sip).reply?.contains("/msg NAME") == true)
        #expect(world.say("/msg Bob", by: ann, via: .sip).reply?.contains("/msg NAME") == true)
        let unknown = world.say("/mgs Bob secret", by: ann, via: .sip)
        #expect(unknown.reply?.contains("/mgs") == true)
        #expect(unknown.count == 1)
    }

    @Test(arguments: ["//etc", "/me waves", "/me", "a /msg b"])
    mutating func whatOnlyLooksLikeACommandIsSaid(body: String) {
        #expect(world.say(body, by: ann, via: .sip).message?.body == body)
    }

    @Test mutating func onlyWhoIsInTheRoomMayWrite() {
        #expect(world.say("x", by: .sip("eve@h"), via: .sip).refusal == .notInRoom)
        #expect(world.say("x", by: .xmpp("eve@localhost/1"), via: .talk).refusal == .notInRoom)
        #expect(world.say("x", by: bob, via: .muc).refusal == .notInRoom)
        #expect(world.say("x", by: .xmpp("cem@localhost/other"), via: .muc).refusal == .notInRoom)
        #expect(world.say("x", by: ann, via: .sip, room: .side).refusal == .noSuchRoom)
        #expect(world.say("x", by: .sip("anonymous@anonymous.invalid"), via: .sip).refusal == .notInRoom)
    }

    @Test mutating func anotherDeviceOfSomebodyInTheRoomMayWriteByTheTalkAddress() {
        let effects = world.say("x", by: .xmpp("bob@localhost/pc"), via: .talk)
        #expect(effects.deliveries == [annPhone, bobPhone, cemPC])
        #expect(effects.message?.senderName == "Bob")
    }

    @Test mutating func anAnonymousCallerWritesByItsLeg() {
        let leg = world.call(from: .sip("anonymous@anonymous.invalid"))
        #expect(
            world.say("x", by: .sip("anonymous@anonymous.invalid"), via: .sip, leg: leg).message?.senderName == "Guest")
    }

    @Test(arguments: ["", "   ", "\r\n\t", "\u{2003}"])
    mutating func anEmptyTextIsMalformed(body: String) {
        guard case .malformed = world.say(body, by: ann, via: .sip).refusal else {
            Issue.record("accepted")
            return
        }
    }

    @Test mutating func anEndlessTextIsMalformed() {
        let limit = String(repeating: "x", count: 65_536)
        #expect(world.say(limit, by: ann, via: .sip).deliveries.count == 2)
        #expect(world.say(limit + "x", by: ann, via: .sip).deliveries.isEmpty)
    }

    @Test mutating func whatXMLCannotCarryIsReplacedAndLinesEndAlike() {
        #expect(world.say("a\u{0}b\r\nc\rd\u{FFFE}", by: ann, via: .sip).message?.body == "a\u{FFFD}b\nc\nd\u{FFFD}")
    }

    @Test mutating func whoSitsInTheMUCTooReadsThereAndOnlyThere() throws {
        let tablet = PeerAddress.xmpp("bob@localhost/tablet")
        world.enter(tablet, nick: "Bob")
        let muc = try #require(world.endpoint(of: tablet))
        #expect(world.say("x", by: ann, via: .sip).deliveries == [muc, cemPC])
        #expect(world.say("x", by: bob, via: .talk).deliveries == [annPhone, muc, cemPC])
        #expect(world.say("x", by: tablet, via: .muc).deliveries == [annPhone, muc, cemPC])
        #expect(world.say("x", by: ann, via: .sip, to: .named("Bob")).deliveries == [muc])
    }

    @Test mutating func twoClientsInTheMUCBothReadAndBothSeeTheReflection() throws {
        let tablet = PeerAddress.xmpp("cem@localhost/tablet")
        world.enter(tablet, nick: "Cem")
        let second = try #require(world.endpoint(of: tablet))
        #expect(world.say("x", by: cem, via: .muc).deliveries == [annPhone, bobPhone, cemPC, second])
        #expect(world.say("x", by: ann, via: .sip, to: .named("Cem")).deliveries == [cemPC, second])
    }

    @Test mutating func twoPhonesOfOnePersonStayInStep() throws {
        let leg = world.call(from: ann)
        let second = try #require(world.endpoint(of: leg))
        #expect(world.say("x", by: ann, via: .sip, leg: annLeg).deliveries == [second, bobPhone, cemPC])
        #expect(world.say("x", by: ann, via: .sip, leg: leg).deliveries == [annPhone, bobPhone, cemPC])
        #expect(world.say("x", by: bob, via: .talk).deliveries == [annPhone, second, cemPC])
        // Outside a dialog nobody can tell which of the two it was, so neither gets it back.
        #expect(world.say("x", by: ann, via: .sip).deliveries == [bobPhone, cemPC])
    }

    @Test mutating func aClientWithTwoCallsReadsOnce() {
        world.call(from: bob, to: .xmpp("demo@talk.localhost"))
        #expect(world.say("x", by: ann, via: .sip).deliveries == [bobPhone, cemPC])
    }

    @Test mutating func aPhoneThatTakesNoTextIsSentNone() {
        world.call(from: .sip("mute@h"), takesText: false)
        #expect(world.say("x", by: ann, via: .sip).deliveries == [bobPhone, cemPC])
    }

    @Test mutating func whoLeftReadsNoMore() {
        world.tell(.legEnded(bobLeg, .hangup))
        #expect(world.say("x", by: ann, via: .sip).deliveries == [cemPC])
        #expect(world.say("x", by: bob, via: .talk).refusal == .notInRoom)
    }

    @Test mutating func idsAreUnique() {
        var ids: Set<String> = []
        for _ in 0..<100 {
            world.run(for: .seconds(1))
            if let id = world.say("x", by: ann, via: .sip).message?.id { ids.insert(id) }
        }
        #expect(ids.count == 100)
    }

    /// Nothing that a text can be makes it reach somebody else, or be lost without a word.
    @Test mutating func everyTextGetsExactlyOneOutcome() {
        var random = SplitMix64(11)
        let parts = [
            "/msg", " ", "\"", "'", "Ann Lee", "ann", "Bob", "/", "\n", "„", "“", "hello", "\u{0}", "/me", "é",
        ]
        for _ in 0..<2000 {
            var body = ""
            for _ in 0..<Int.random(in: 0..<7, using: &random) {
                body += parts[Int.random(in: 0..<parts.count, using: &random)]
            }
            let effects = world.say(body, by: cem, via: .muc)
            #expect(effects.count { if case .submitted = $0 { true } else { false } } == 1)
            if case .one(let name) = effects.message?.audience {
                #expect(effects.deliveries.count == 1)
                #expect(effects.records.isEmpty)
                #expect(world.names().contains(name))
            }
        }
    }

    @Test mutating func twoPhonesOfOneStayInStep() throws {
        let leg = world.call(from: ann)
        let second = try #require(world.endpoint(of: leg))
        let told = world.say("hi", by: ann, via: .sip, leg: annLeg)
        #expect(told.deliveries == [second, bobPhone, cemPC])
        let whispered = world.say("psst", by: ann, via: .sip, leg: annLeg, to: .named("Cem"))
        #expect(whispered.deliveries == [cemPC, second])
        #expect(whispered.message?.audience == .one("Cem"))
        let back = world.say("hm?", by: cem, via: .muc, to: .named("Ann Lee"))
        #expect(back.deliveries == [annPhone, second])
    }

    @Test mutating func whoWritesTooMuchIsRefusedAndTheOthersAreNot() {
        var refused = 0
        for _ in 0..<100 where world.say("spam", by: ann, via: .sip, leg: annLeg).refusal == .tooMany { refused += 1 }
        // 100 texts in a second: fifty at once, ten more meanwhile.
        #expect((35...45).contains(refused))
        #expect(world.say("hi", by: cem, via: .muc).refusal == nil)
        world.run(for: .seconds(1))
        #expect(world.say("sorry", by: ann, via: .sip, leg: annLeg).refusal == nil)
    }

    @Test mutating func sixtyFourKibibytesAreTakenAndNoMore() {
        let long = String(repeating: "x", count: 65_536)
        #expect(world.say(long, by: ann, via: .sip, leg: annLeg).refusal == nil)
        #expect(world.say(long + "x", by: ann, via: .sip, leg: annLeg).refusal == .tooLong)
    }
}
