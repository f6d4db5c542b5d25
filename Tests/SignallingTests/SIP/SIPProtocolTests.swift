import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

@Suite struct SIPProtocolTests {
    private func probe(_ method: SIPMethod, to uri: String = "sip:demo@127.0.0.1") -> SIPMessage {
        var phone = SIPPhone("Probe", port: 5077, calls: uri)
        return phone.request(method)
    }

    private let remote = SocketAddress(.loopback4, 5077)

    @Test func optionsTellTheTruth() throws {
        var house = SIPHouse()
        let room = try #require(house.receive(probe(.options), from: remote).first)
        #expect(room.status == 200)
        #expect(room.contacts.first?.parameters.contains("isfocus") == true)
        #expect(
            room.allow == [
                .invite, .ack, .cancel, .bye, .options, .message, .subscribe, .refer, .update, .prack, .info,
            ])
        #expect(room.accept == ["application/sdp", "multipart/mixed"] + MessageContent.types)
        #expect(room.header("Allow-Events") == "conference")
    }

    @Test func optionsForAPersonOrForUsAreNoFocus() throws {
        for uri in ["sip:bob@localhost", "sip:127.0.0.1"] {
            var house = SIPHouse()
            let answer = try #require(house.receive(probe(.options, to: uri), from: remote).first)
            #expect(answer.status == 200)
            #expect(answer.contacts.first?.parameters.contains("isfocus") == false)
        }
    }

    @Test(arguments: [SIPMethod.register, .publish, SIPMethod(rawValue: "DANCE")])
    func otherMethodsAre405(method: SIPMethod) {
        var house = SIPHouse()
        let answer = house.receive(probe(method), from: remote)
        #expect(answer.statuses == [405])
        #expect(answer.first?.allow?.contains(.invite) == true)
    }

    @Test func whatWeCannotDoIsNamed() {
        var house = SIPHouse()
        var request = probe(.invite)
        request.set("Require", "precondition, ice")
        let answer = house.receive(request, from: remote)
        #expect(answer.statuses == [100, 420])
        #expect(answer.last?.header("Unsupported") == "precondition")
    }

    @Test func theLastHopMayBeUsedUp() {
        var house = SIPHouse()
        var request = probe(.options)
        request.maxForwards = 0
        #expect(house.receive(request, from: remote).statuses == [200])
    }

    @Test func schemesAreChecked() {
        var house = SIPHouse()
        #expect(house.receive(probe(.options, to: "tel:+4930123"), from: remote).statuses == [416])
        house = SIPHouse()
        #expect(house.receive(probe(.options, to: "sips:demo@127.0.0.1"), from: remote).statuses == [416])
    }

    @Test func strangersInADialogAre481AndTheirACKIsIgnored() {
        var house = SIPHouse()
        for method in [SIPMethod.bye, .invite, .message, .subscribe] {
            var request = probe(method)
            request.to.tag = "nobody"
            request.vias[0].parameters["branch"] = "z9hG4bK\(method)"
            #expect(house.receive(request, from: remote).statuses.last == 481)
        }
        #expect(house.receive(probe(.ack), from: remote) == [])
    }

    @Test func aCallWithoutContactIs400() {
        var house = SIPHouse()
        var request = probe(.invite)
        request.contacts = []
        #expect(house.receive(request, from: remote).statuses == [100, 400])
    }

    @Test func aSIPMessageThatIsCutOffGets400AndGarbageNothing() {
        var house = SIPHouse()
        var phone = SIPPhone("Probe", port: 5077)
        let bytes = phone.request(.invite, sdp: SIPPhone.sdp()).bytes
        let flow = SIPFlow(.udp, remote: remote)
        #expect(house.receive(Array(bytes.dropLast(10)), on: flow).statuses == [400])
        #expect(house.receive([0, 1, 2, 3], on: flow) == [])
        #expect(house.receive(Array("\r\n\r\n".utf8), on: flow) == [])
        #expect(house.notices.count == 2)
    }

    @Test func aFloodOfGarbageDoesNotFloodTheLog() {
        var house = SIPHouse()
        for _ in 0..<1000 { house.receive([1, 2, 3], on: SIPFlow(.udp, remote: remote)) }
        #expect(house.notices.count == 10)
        house.run(for: .seconds(2))
        house.receive([1, 2, 3], on: SIPFlow(.udp, remote: remote))
        #expect(house.notices.count == 12)
    }

    @Test func anEndlessRoomNameIsAnswered() {
        var house = SIPHouse()
        let name = String(repeating: "x", count: 10_000)
        let text = String(decoding: probe(.invite).bytes, as: UTF8.self)
            .replacing("INVITE sip:demo", with: "INVITE sip:\(name)")
        #expect(house.receive(Array(text.utf8), on: SIPFlow(.udp, remote: remote)).statuses == [414])
        let long = String(decoding: probe(.invite).bytes, as: UTF8.self)
            .replacing("INVITE sip:demo", with: "INVITE sip:\(name.prefix(300))")
        #expect(house.receive(Array(long.utf8), on: SIPFlow(.udp, remote: remote)).statuses == [100, 404])
    }

    @Test func contactAndViaSpeakTCPOnAConnection() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let flow = SIPFlow(
            .tcp, local: SocketAddress(.loopback6, 5060), remote: SocketAddress(.loopback6, 40_000), connection: 3)
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.vias[0].transport = "TCP"
        let ok = try #require(house.receive(invite.bytes, on: flow).first(200))
        #expect(ok.contacts.first?.description == "<sip:demo@[::1]:5060;transport=tcp>;isfocus")
        house.receive(alice.ack(ok).bytes, on: flow)
        let leg = try #require(house.adapter.liveLegs.first)
        let bye = try #require(house.fail(leg, .connectivity).first(.bye))
        #expect(bye.vias.first?.transport == "TCP")
        #expect(house.flows.last?.connection == 3)
    }

    @Test func aPhoneWhoseConnectionIsGoneIsReachedByItsContact() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let flow = SIPFlow(
            .tcp, local: SIPHouse.address, remote: SocketAddress(.loopback4, 40_000), connection: 3)
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.vias[0].transport = "TCP"
        invite.contacts[0].uri.parameters["transport"] = "tcp"
        let ok = try #require(house.receive(invite.bytes, on: flow).first(200))
        house.receive(alice.ack(ok).bytes, on: flow)
        #expect(house.adapter.connectionsInUse == [3])
        house.disconnect(3)
        #expect(house.adapter.connectionsInUse.isEmpty)
        let leg = try #require(house.adapter.liveLegs.first)
        #expect(house.fail(leg, .connectivity).methods == [.bye])
        #expect(house.flows.last?.transport == .tcp)
        #expect(house.flows.last?.connection == nil)
        #expect(house.flows.last?.remote == alice.address)
    }

    @Test func aFloodOfCallsThatCannotBeDoesNotFloodTheLog() {
        var house = SIPHouse()
        for number in 0..<200 {
            var phone = SIPPhone("Probe", port: 5077)
            phone.callID = "\(number)"
            var invite = phone.request(.invite, sdp: SIPPhone.sdp(codec: "18 G729/8000"))
            invite.vias[0].parameters["branch"] = "z9hG4bK\(number)"
            #expect(house.receive(invite, from: remote).statuses == [100, 488])
        }
        #expect(house.notices.count == 10)
    }

    @Test func aPhoneBehindNATIsReachedWhereItCameFrom() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        let nat = SocketAddress(.v4(0xcb00_7105), 31_000)
        var invite = alice.request(.invite, sdp: SIPPhone.sdp())
        invite.contacts = [NameAddress(SIPURI(user: "alice", host: "192.168.0.7", port: 5061))]
        invite.vias[0].parameters.flag("rport")
        let ok = try #require(house.receive(invite, from: nat).first(200))
        house.receive(alice.ack(ok), from: nat)
        let leg = try #require(house.adapter.liveLegs.first)
        house.fail(leg, .connectivity)
        #expect(house.flows.last?.remote == nat)
    }

    @Test func mutatedMessagesNeverTrapAndTheOthersStayInTheirCall() {
        var generator = SplitMix64(11)
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        var samples: [[UInt8]] = []
        for (number, method) in [SIPMethod.invite, .message, .subscribe, .options, .bye, .invite].enumerated() {
            var phone = SIPPhone("M\(number)", port: 5100)
            var request = phone.request(method, sdp: method == .invite ? SIPPhone.sdp() : nil)
            if method == .message { request.setBody(Array("/help".utf8), type: "text/plain") }
            if method == .subscribe { request.set("Event", "conference") }
            samples.append(request.bytes)
        }
        let flow = SIPFlow(.udp, remote: SocketAddress(.loopback4, 5100))
        for _ in 0..<1500 {
            guard var bytes = samples.randomElement(using: &generator) else { return }
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = .random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(";:,<>\"@\r\n =%".utf8.randomElement(using: &generator) ?? 0, at: index)
                }
            }
            house.receive(bytes, on: flow)
        }
        for sample in samples { for length in 0..<sample.count { house.receive(Array(sample[..<length]), on: flow) } }
        house.run(for: .seconds(600))
        #expect(house.demo?.participants.contains { $0.name == "Alice" } == true)
        #expect(house.adapter.legCount == 1)
    }
}
