import Conference
import Primitives
import SIP
import Signalling
import Testing

/// An address that begins more calls than it may, and who is not to notice; what a caller says of itself and is not passed on.
@Suite struct SIPCallRateTests {
    private let stranger = SocketAddress(.v4(0xc000_0207), 5060)
    private let other = SocketAddress(.v4(0xc000_0208), 5060)

    private func house(trusting trusted: [IPNetwork] = []) -> SIPHouse {
        SIPHouse(trusting: trusted) {
            $0.callsPerSecond = 2
            $0.trustedCallsPerSecond = 4
        }
    }

    private func invite(_ number: Int, to dialled: String = "sip:demo@127.0.0.1") -> SIPMessage {
        var phone = SIPPhone("p\(number)", port: 5061, calls: dialled)
        return phone.request(.invite, sdp: SIPPhone.sdp())
    }

    private func taken(_ house: inout SIPHouse, _ numbers: Range<Int>, from source: SocketAddress) -> Int {
        numbers.count { house.receive(invite($0), from: source).statuses.contains(100) }
    }

    @Test func whoBeginsTooManyCallsIsToldToWaitAndNobodyElse() throws {
        var house = house()
        #expect(taken(&house, 0..<100, from: stranger) == 10)
        let refusal = try #require(house.receive(invite(200), from: stranger).first(503))
        #expect(refusal.header("Retry-After") == "10")
        #expect(refusal.to.tag != nil)
        #expect(taken(&house, 300..<310, from: other) == 10)
        _ = house.run(for: .seconds(2))
        #expect(taken(&house, 400..<410, from: stranger) == 4)
        #expect(house.notices.contains { $0.level == .warning && $0.text.contains("too many calls from 192.0.2.7") })
    }

    @Test func whatIsTrustedHasALimitOfItsOwn() {
        var house = house(trusting: [IPNetwork("192.0.2.7")].compactMap(\.self))
        #expect(taken(&house, 0..<100, from: stranger) == 20)
        #expect(taken(&house, 100..<200, from: SocketAddress(.loopback4, 5061)) == 20)
        #expect(taken(&house, 200..<300, from: other) == 10)
    }

    @Test func aCallThatIsThereIsNotHinderedByWhatElseComesFromItsAddress() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061)
        let invite = alice.request(.invite, sdp: SIPPhone.sdp())
        let ok = try #require(house.receive(invite, from: stranger).first(200))
        house.receive(alice.ack(ok), from: stranger)
        #expect(taken(&house, 0..<50, from: stranger) == 9)
        #expect(!house.receive(invite, from: stranger).statuses.contains(503), "repeated")
        #expect(
            house.receive(alice.request(.invite, sdp: SIPPhone.sdp("sendonly", version: 2)), from: stranger).statuses
                .contains(200))
        house.receive(alice.request(.ack), from: stranger)
        #expect(house.receive(alice.request(.bye), from: stranger).statuses == [200])
    }

    /// The tag is the same each time, and there is no transaction.
    @Test func aRefusalIsRepeatedAsItWas() throws {
        var house = house()
        _ = taken(&house, 0..<10, from: stranger)
        let first = try #require(house.receive(invite(20), from: stranger).first(503))
        let again = try #require(house.receive(invite(20), from: stranger).first(503))
        #expect(first.to.tag == again.to.tag)
    }

    @Test func aFloodIsNotAnsweredForEverAndKeepsNothing() {
        var house = house()
        let answered = (0..<800).count { !house.receive(invite($0), from: stranger).isEmpty }
        #expect(answered < 260)
        #expect(house.adapter.legCount == 10)
    }

    /// What is left out unread is told by a glance; what is not understood is read.
    @Test func aRequestInACallIsReadHoweverManyCallsComeFromItsAddress() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061)
        let ok = try #require(house.receive(alice.request(.invite, sdp: SIPPhone.sdp()), from: stranger).first(200))
        house.receive(alice.ack(ok), from: stranger)
        _ = taken(&house, 0..<400, from: stranger)
        #expect(house.receive(invite(3000), from: stranger).isEmpty)
        for name in ["TO: ", "to: ", "T : "] {
            let text = String(decoding: invite(3001).bytes, as: UTF8.self)
            let bytes = Array(text.split(separator: "To: ", maxSplits: 1).joined(separator: name).utf8)
            #expect(house.receive(bytes, on: SIPFlow(.udp, local: SIPHouse.address, remote: stranger)).isEmpty)
        }
        let hold = alice.request(.invite, sdp: SIPPhone.sdp("sendonly", version: 2))
        #expect(house.receive(hold, from: stranger).statuses.contains(200))
        var bytes = Array("INVITE sip:demo@127.0.0.1 SIP/2.0\r\nVia: \r\nt:\r\n".utf8)
        for length in stride(from: bytes.count, through: 1, by: -1) {
            bytes = Array(bytes.prefix(length))
            house.receive(bytes, on: SIPFlow(.udp, local: SIPHouse.address, remote: stranger))
        }
        #expect(house.receive(alice.request(.bye), from: stranger).statuses.contains(200))
    }

    @Test func aV6NetworkCountsAsOne() {
        var house = house()
        let taken = (0..<50).count {
            let source = SocketAddress(.v6(high: 0x2001_0db8_0000_0001, low: UInt64($0)), 5060)
            return house.receive(invite($0), from: source).statuses.contains(100)
        }
        #expect(taken == 10)
    }

    // MARK: Who calls

    /// A room calls a phone for somebody who says to be another.
    @Test(arguments: [true, false])
    func nothingThatACallerSaysOfItselfIsPassedOn(isTrusted: Bool) throws {
        var house = house(trusting: isTrusted ? [IPNetwork("192.0.2.7")].compactMap(\.self) : [])
        var alice = SIPPhone("Alice", port: 5061)
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.set("P-Asserted-Identity", "\"Boss\" <sip:boss@example.org>")
        invite.set("P-Preferred-Identity", "<tel:+49110>")
        invite.set("Remote-Party-ID", "<sip:boss@example.org>")
        invite.set("Privacy", "none")
        invite.set("Subject", "urgent")
        let ok = try #require(house.receive(invite, from: stranger).first(200))
        house.receive(alice.ack(ok), from: stranger)
        var refer = alice.request(.refer)
        refer.set("Refer-To", "<sip:100@sip.localhost>")
        let sent = house.receive(refer, from: stranger)
        let out = try #require(sent.first { $0.method == .invite })
        for name in ["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Privacy", "Subject"] {
            #expect(out.header(name) == nil)
        }
        #expect(out.from.uri.user == "demo" && out.from.uri.host == "talk.localhost")
        #expect(!String(decoding: out.bytes, as: UTF8.self).contains("+49110"))
    }

    @Test func aRefusalSaysWhy() throws {
        var house = house()
        var alice = SIPPhone("Alice", port: 5061, calls: "sip:bob@localhost")
        let invite = alice.request(.invite, sdp: SIPPhone.sdp())
        house.receive(invite, from: alice.address)
        let callee = try #require(
            house.effects.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        let answer = try #require(house.handle(.legEnded(callee, .barred(.closed(.premium)))).first(403))
        #expect(answer.reasonPhrase == "Premium numbers are closed to you")
    }
}
