import Conference
import Primitives
import Testing

@Suite struct CallLogTests {
    private var world = World()
    private var log = CallLog(first: 5)
    private var kept: [Int64: CallRecord] = [:]
    private var wall = WallTime(milliseconds: 1_000_000)

    /// Tells the conference, and keeps what the log says.
    @discardableResult
    private mutating func tell(_ command: Command) -> [Effect] {
        wall.milliseconds += 1000
        let effects = world.tell(command)
        for record in log.note(command, effects, world.conference, wall) { kept[record.number] = record }
        return effects
    }

    private mutating func offer(_ leg: LegID, _ caller: PeerAddress, _ callee: PeerAddress, name: String? = nil) {
        tell(.legOffered(leg, IncomingCall(caller: caller, displayName: name, callee: callee, takesText: true)))
    }

    private func media(lost: Int64) -> CallRecord.Media {
        CallRecord.Media(codecs: ["opus"], packetsSent: 90, packetsReceived: 95, packetsLost: lost, jitter: 1500)
    }

    @Test mutating func aCallIsKeptWithItsTimesItsRoomAndItsEnd() {
        let leg = world.newLeg()
        offer(leg, .sip("200@h"), .sip("demo@127.0.0.1"), name: "Bob")
        #expect(
            kept == [
                5: CallRecord(
                    number: 5, signalling: .sip, direction: .incoming, address: "200@h", name: "Bob",
                    dialled: "demo@127.0.0.1", room: "demo", started: WallTime(milliseconds: 1_001_000))
            ])
        tell(.legAnswered(leg))
        #expect(kept[5]?.answered == WallTime(milliseconds: 1_002_000))
        tell(.legEnded(leg, .hangup))
        #expect(kept[5]?.ended == WallTime(milliseconds: 1_003_000) && kept[5]?.reason == "normal")
        let last = log.mediaEnded(leg, media(lost: 5))
        #expect(last?.media?.lossShare == 0.05 && last?.reason == "normal" && last?.number == 5)
        #expect(log.mediaEnded(leg, media(lost: 5)) == nil)
    }

    @Test mutating func mediaMayEndBeforeTheCallDoes() {
        let leg = world.newLeg()
        offer(leg, .xmpp("alice@localhost/pc"), .xmpp("demo@talk.localhost"))
        tell(.legAnswered(leg))
        #expect(log.mediaEnded(leg, media(lost: 0)) == nil)
        tell(.legEnded(leg, .connectivity))
        #expect(kept[5]?.media == media(lost: 0) && kept[5]?.reason == "connectivity")
        #expect(kept[5]?.signalling == .jingle && kept[5]?.name == "alice")
    }

    @Test mutating func whatIsRefusedIsKeptToo() {
        let leg = world.newLeg()
        offer(leg, .xmpp("alice@localhost/pc"), .xmpp("999@sip.localhost"))
        #expect(kept.count == 1)
        #expect(kept[5]?.ended != nil && kept[5]?.answered == nil && kept[5]?.room == nil)
        #expect(kept[5]?.reason != "normal")
    }

    @Test mutating func bothLegsOfABridgedCallSayWhichTheyAre() throws {
        let leg = world.newLeg()
        let effects = world.tell(
            .legOffered(
                leg,
                IncomingCall(
                    caller: .xmpp("alice@localhost/pc"), displayName: nil, callee: .xmpp("100@sip.localhost"),
                    takesText: true)))
        let callee = try #require(
            effects.compactMap { if case .dial(let callee, _) = $0 { callee } else { nil } }.first)
        let command = Command.legOffered(
            leg,
            IncomingCall(
                caller: .xmpp("alice@localhost/pc"), displayName: nil, callee: .xmpp("100@sip.localhost"),
                takesText: true))
        for record in log.note(command, effects, world.conference, wall) { kept[record.number] = record }
        #expect(kept[5]?.bridge == 5 && kept[6]?.bridge == 5)
        #expect(kept[6]?.direction == .outgoing && kept[6]?.signalling == .sip)
        tell(.legEnded(callee, .busy))
        #expect(kept[5]?.reason == "busy" && kept[6]?.reason == "busy")
    }

    @Test mutating func whoIsPutOutIsKeptAsSuch() {
        let leg = world.newLeg()
        offer(leg, .sip("200@h"), .sip("demo@127.0.0.1"), name: "Bob")
        tell(.legAnswered(leg))
        tell(.moderate(SubmissionID(1), .demo, by: .administrator, .expel(.named("Bob"), reason: nil)))
        #expect(kept[5]?.reason == "expelled")
    }

    @Test mutating func nothingIsRememberedOfCallsThatAreOver() {
        for number in 0..<50 {
            let leg = world.newLeg()
            offer(leg, .sip("2\(number)@h"), .sip("demo@127.0.0.1"))
            if number.isMultiple(of: 2) { tell(.legAnswered(leg)) }
            tell(.legEnded(leg, .hangup))
            if number.isMultiple(of: 2) { _ = log.mediaEnded(leg, media(lost: 0)) }
        }
        #expect(log.isEmpty && kept.count == 50 && kept.values.allSatisfy { $0.ended != nil })
    }
}
