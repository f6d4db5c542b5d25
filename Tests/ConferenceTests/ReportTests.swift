import Conference
import Primitives
import Testing

/// What becomes of texts, and who is told: Ann and Bea by phone, Cem in the MUC.
@Suite struct ReportTests {
    var world = World()
    let ann = PeerAddress.sip("ann@10.0.0.1")
    let bea = PeerAddress.sip("bea@10.0.0.2")
    let cem = PeerAddress.xmpp("cem@localhost/pc")
    let annLeg: LegID
    let beaLeg: LegID
    let annPhone: EndpointID
    let beaPhone: EndpointID

    init() throws {
        annLeg = world.call(from: ann, name: "Ann")
        beaLeg = world.call(from: bea, name: "Bea")
        world.enter(cem, nick: "Cem")
        annPhone = try #require(world.endpoint(of: annLeg))
        beaPhone = try #require(world.endpoint(of: beaLeg))
    }

    /// Ann writes, and wants to hear of it.
    private mutating func write(
        _ wanted: WantedReports, to audience: Submission.Audience = .named("Bea"), id: String? = "a1"
    ) -> [Effect] {
        var submission = Submission(
            id: SubmissionID(1), room: .demo, sender: ann, leg: annLeg, via: .sip, audience: audience, body: "hi",
            clientID: id)
        submission.wanted = wanted
        return world.tell(.submit(submission))
    }

    private mutating func report(
        _ id: String, _ status: MessageStatus, by reporter: PeerAddress, leg: LegID? = nil, via: TextPath = .sip
    ) -> [Effect] {
        world.tell(
            .report(
                MessageReport(room: .demo, messageID: id, status: status, reporter: reporter, leg: leg, via: via)))
    }

    @Test mutating func theReaderOfAPrivateTextReportsToWhereItWasWritten() throws {
        let message = try #require(write([.delivered, .displayed]).message)
        #expect(message.wanted == [.delivered, .displayed])
        #expect(world.conference.awaitsReport(of: message.id))
        let told = report(message.id, .delivered, by: bea, leg: beaLeg).reports
        #expect(told.map(\.endpoint) == [annPhone])
        #expect(told.first?.notice.messageID == "a1")
        #expect(told.first?.notice.status == .delivered)
        #expect(told.first?.notice.reporter == "Bea")
        #expect(report(message.id, .displayed, by: bea, leg: beaLeg).reports.count == 1)
    }

    @Test mutating func eachKindIsToldOnceAndOnlyIfWanted() throws {
        let message = try #require(write([.delivered]).message)
        #expect(report(message.id, .displayed, by: bea, leg: beaLeg).isEmpty)
        #expect(report(message.id, .failed, by: bea, leg: beaLeg).isEmpty)
        #expect(report(message.id, .delivered, by: bea, leg: beaLeg).reports.count == 1)
        #expect(report(message.id, .delivered, by: bea, leg: beaLeg).isEmpty)
    }

    @Test mutating func nobodyElseCanReport() throws {
        let message = try #require(write([.delivered]).message)
        #expect(report(message.id, .delivered, by: cem, via: .muc).isEmpty)
        #expect(report(message.id, .delivered, by: ann, leg: annLeg).isEmpty)
        #expect(report(message.id, .delivered, by: .sip("eve@10.6.6.6")).isEmpty)
        #expect(report("another", .delivered, by: bea, leg: beaLeg).isEmpty)
        #expect(report(message.id, .delivered, by: bea, leg: beaLeg).reports.count == 1)
    }

    @Test mutating func ofATextToEveryoneTheRoomSaysThatItWasDeliveredAndEachReaderThatItWasShown() throws {
        let effects = write([.delivered, .displayed], to: .everyone)
        let message = try #require(effects.message)
        #expect(message.wanted == [.displayed])
        #expect(!world.conference.awaitsReport(of: message.id))
        let told = try #require(effects.reports.first)
        #expect(effects.last == Effect.report(told.notice, .demo, annPhone))
        #expect(told.notice.reporter == nil)
        #expect(told.notice.status == .delivered)
        #expect(report(message.id, .displayed, by: bea, leg: beaLeg).reports.first?.notice.reporter == "Bea")
        #expect(report(message.id, .displayed, by: cem, via: .muc).reports.first?.notice.reporter == "Cem")
        #expect(report(message.id, .displayed, by: cem, via: .muc).isEmpty)
    }

    @Test mutating func whoGivesNoIdentifierHearsNothing() throws {
        let message = try #require(write([.delivered], id: nil).message)
        #expect(message.wanted.isEmpty)
        #expect(report(message.id, .delivered, by: bea, leg: beaLeg).isEmpty)
    }

    @Test mutating func whoHungUpIsToldWhereElseItReads() throws {
        let message = try #require(write([.delivered]).message)
        let second = world.call(from: ann)
        world.tell(.legEnded(annLeg, .hangup))
        let told = report(message.id, .delivered, by: bea, leg: beaLeg).reports
        let phone = try #require(world.endpoint(of: second))
        #expect(told.map(\.endpoint) == [phone])
        world.tell(.legEnded(second, .hangup))
        #expect(report(message.id, .displayed, by: bea, leg: beaLeg).isEmpty)
    }

    @Test mutating func onlySoManyAreRemembered() throws {
        let first = try #require(write([.delivered]).message)
        for _ in 0..<2048 {
            world.run(for: .seconds(1))
            _ = write([.delivered])
        }
        #expect(report(first.id, .delivered, by: bea, leg: beaLeg).isEmpty)
        let last = try #require(write([.delivered]).message)
        #expect(report(last.id, .delivered, by: bea, leg: beaLeg).reports.count == 1)
    }
}

extension [Effect] {
    var reports: [(notice: ReportNotice, endpoint: EndpointID)] {
        compactMap { if case .report(let notice, _, let endpoint) = $0 { (notice, endpoint) } else { nil } }
    }
    var composing: [(notice: ComposingNotice, endpoint: EndpointID)] {
        compactMap { if case .composing(let notice, _, let endpoint) = $0 { (notice, endpoint) } else { nil } }
    }
}
