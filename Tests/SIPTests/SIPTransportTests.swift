import Primitives
import Testing

@testable import SIP

@Suite struct SIPTransportTests {
    @Test(arguments: [
        ("sip:a@h", nil), ("sips:a@h", nil), ("sip:a@h;transport=UDP", SIPTransport.udp),
        ("sip:a@h;transport=tcp", .tcp),
        ("sips:a@h;transport=tcp", .tls), ("sip:a@h;transport=tls", .tls), ("sips:a@h;transport=udp", nil),
        ("sip:a@h;transport=ws", .ws), ("sips:a@h;transport=ws", .wss), ("sip:a@h;transport=wss", .wss),
        ("sip:a@h;transport=sctp", nil),
    ])
    func aURISaysHowItIsReached(text: String, transport: SIPTransport?) throws {
        let uri = try #require(SIPURI(text))
        #expect(SIPTransport(wantedBy: uri) == transport)
    }

    @Test func withoutAWordItIsUDPAndSecurelyTLS() throws {
        #expect(SIPTransport(of: try #require(SIPURI("sip:h"))) == .udp)
        #expect(SIPTransport(of: try #require(SIPURI("sips:h"))) == .tls)
    }

    @Test func onlyDatagramsAreLost() {
        #expect(SIPTransport.allCases.filter { !$0.isReliable } == [.udp])
        #expect(SIPTransport.allCases.map(\.viaName) == ["UDP", "TCP", "TLS", "WS", "WSS"])
        #expect(SIPTransport.allCases.map(\.defaultPort) == [5060, 5060, 5061, 80, 443])
    }

    @Test func aCertificateStandsForTheDomainsItNames() {
        var names = SIPCertificateNames()
        names.add(uri: "sip:Example.org")
        names.add(uri: "sip:alice@users.example")
        names.add(uri: "https://web.example")
        names.add(name: "*.wild.example")
        names.add(name: "pbx.example.net.")
        names.add(address: [192, 0, 2, 1])
        names.add(address: [192, 0, 2])
        #expect(names.contains("example.org") && names.contains("EXAMPLE.ORG."))
        #expect(names.contains("pbx.example.net") && names.contains("192.0.2.1"))
        #expect(!names.contains("users.example") && !names.contains("web.example"))
        #expect(!names.contains("a.wild.example") && !names.contains("sub.example.org"))
        #expect(!names.contains("192.0.2.2"))
    }
}

@Suite struct SIPConnectionClockTests {
    private func at(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    @Test func whoSaysNothingIsClosedSoon() {
        var clock = SIPConnectionClock(at: .zero)
        #expect(clock.wake(isInUse: false, keepAlive: nil, at: at(19)) == nil)
        #expect(clock.wake(isInUse: false, keepAlive: nil, at: at(20)) == .close("nothing came"))
    }

    @Test func aMessageThatNeverEndsIsNotWaitedForHoweverItDrips() {
        var clock = SIPConnectionClock(at: .zero)
        clock.heard(messages: 1, isMidMessage: false, at: at(1))
        for second in 2..<31 { clock.heard(messages: 0, isMidMessage: true, at: at(second)) }
        #expect(clock.wake(isInUse: true, keepAlive: nil, at: at(31)) == nil)
        #expect(clock.wake(isInUse: true, keepAlive: nil, at: at(32)) != nil)
    }

    @Test func messagesThatFollowOneAnotherAreNoDrip() {
        var clock = SIPConnectionClock(at: .zero)
        for second in 1..<100 { clock.heard(messages: 1, isMidMessage: true, at: at(second)) }
        #expect(clock.wake(isInUse: false, keepAlive: nil, at: at(100)) == nil)
    }

    @Test func whatNothingCountsOnRestsThreeMinutes() {
        var clock = SIPConnectionClock(at: .zero)
        clock.heard(messages: 1, isMidMessage: false, at: at(10))
        #expect(clock.wake(isInUse: false, keepAlive: nil, at: at(189)) == nil)
        #expect(clock.wake(isInUse: false, keepAlive: nil, at: at(190)) == .close("it was not used"))
        #expect(clock.wake(isInUse: true, keepAlive: nil, at: at(10_000)) == nil)
    }

    @Test func aPeerThatAgreedIsAskedForASignOfLifeAndGivenUpWithoutOne() throws {
        var clock = SIPConnectionClock(isOurs: true, at: .zero)
        var framer = SIPStreamFramer()
        for second in [100, 200, 300] {
            #expect(clock.wake(isInUse: true, keepAlive: .seconds(100), at: at(second - 1)) == nil)
            #expect(clock.wake(isInUse: true, keepAlive: .seconds(100), at: at(second)) == .ping)
            framer.expectPong()
            #expect(clock.wake(isInUse: true, keepAlive: .seconds(100), at: at(second + 5)) == nil)
            let frames = try framer.receive(SIPStreamFramer.pong)
            #expect(frames == [])
            clock.heard(messages: frames.count, isMidMessage: framer.isMidMessage, at: at(second + 6))
        }
        #expect(clock.wake(isInUse: true, keepAlive: .seconds(100), at: at(400)) == .ping)
        #expect(clock.wake(isInUse: true, keepAlive: .seconds(100), at: at(409)) == nil)
        #expect(
            clock.wake(isInUse: true, keepAlive: .seconds(100), at: at(410)) == .close("no answer to a keep-alive"))
    }

    @Test func nobodyIsAskedUnagreedNorOnceTheCallIsOver() {
        var clock = SIPConnectionClock(isOurs: true, at: .zero)
        #expect(clock.wake(isInUse: true, keepAlive: nil, at: at(1000)) == nil)
        clock.heard(messages: 1, isMidMessage: false, at: at(1000))
        #expect(clock.wake(isInUse: false, keepAlive: .seconds(30), at: at(1100)) == nil)
    }
}
