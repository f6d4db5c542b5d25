import Primitives
import Testing

@testable import ICE

@Suite struct ICEDemultiplexerTests {
    private let id = STUNTransactionID(high: 1, low: 2)
    private let address: SocketAddress = "192.0.2.1:4000"

    private func message(_ messageClass: STUNMessage.MessageClass, _ username: String? = nil) -> [UInt8] {
        STUNMessage(messageClass, id, username.map { [.priority(1), .username($0)] } ?? [])
            .encoded(key: nil, hashing: .test)
    }

    @Test func aCheckGoesToTheLegWhoseUfragItNames() {
        var demultiplexer = ICEDemultiplexer<Int>()
        let done1 = demultiplexer.register(ufrag: "aaaa", 1)
        #expect(done1)
        let done2 = demultiplexer.register(ufrag: "bbbb", 2)
        #expect(done2)
        let done3 = demultiplexer.register(ufrag: "aaaa", 2)
        #expect(!done3)
        #expect(demultiplexer.lookup(message(.request, "bbbb:zzzz"), from: address) == 2)
        #expect(demultiplexer.lookup(message(.request, "aaaa"), from: address) == 1)
        #expect(demultiplexer.lookup(message(.request, "cccc:aaaa"), from: address) == nil)
        #expect(demultiplexer.lookup(message(.request), from: address) == nil)
    }

    @Test func aRestartedLegKeepsItsFormerUfrag() {
        var demultiplexer = ICEDemultiplexer<Int>()
        for ufrag in ["a1", "a2", "a3", "a4", "a5"] { _ = demultiplexer.register(ufrag: ufrag, 1) }
        #expect(demultiplexer.lookup(message(.request, "a4:z"), from: address) == 1)
        #expect(demultiplexer.lookup(message(.request, "a5:z"), from: address) == 1)
        #expect(demultiplexer.lookup(message(.request, "a1:z"), from: address) == nil)
    }

    @Test func aResponseGoesToTheLegThatAsked() {
        var demultiplexer = ICEDemultiplexer<Int>()
        _ = demultiplexer.register(ufrag: "aaaa", 1)
        #expect(demultiplexer.lookup(message(.success), from: address) == nil)
        demultiplexer.sent(message(.request, "zzzz:aaaa"), 1)
        #expect(demultiplexer.lookup(message(.success), from: address) == 1)
        #expect(demultiplexer.lookup(message(.error), from: address) == 1)
    }

    @Test func otherPacketsGoByAddress() {
        var demultiplexer = ICEDemultiplexer<Int>()
        let rtp: [UInt8] = [0x80, 111] + Array(repeating: 0, count: 40)
        _ = demultiplexer.register(ufrag: "aaaa", 1)
        #expect(demultiplexer.lookup(rtp, from: address) == nil)
        let done4 = demultiplexer.learn(address, 1, isProven: false)
        #expect(done4)
        #expect(demultiplexer.lookup(rtp, from: address) == 1)
        #expect(demultiplexer.lookup(rtp, from: "192.0.2.1:4001") == nil)
        let done5 = demultiplexer.learn("192.0.2.1:4001", 9, isProven: true)
        #expect(!done5)
    }

    @Test func anAddressIsTakenOverOnlyOnProof() {
        var demultiplexer = ICEDemultiplexer<Int>()
        _ = demultiplexer.register(ufrag: "aaaa", 1)
        _ = demultiplexer.register(ufrag: "bbbb", 2)
        demultiplexer.learn(address, 1, isProven: true)
        let done6 = demultiplexer.learn(address, 2, isProven: false)
        #expect(!done6)
        #expect(demultiplexer.lookup(address) == 1)
        let done7 = demultiplexer.learn(address, 2, isProven: true)
        #expect(done7)
        #expect(demultiplexer.lookup(address) == 2)
        demultiplexer.remove(1)
        #expect(demultiplexer.lookup(address) == 2)
    }

    @Test func nothingLeadsToARemovedLeg() {
        var demultiplexer = ICEDemultiplexer<Int>()
        _ = demultiplexer.register(ufrag: "aaaa", 1)
        demultiplexer.learn(address, 1, isProven: true)
        demultiplexer.sent(message(.request, "zzzz:aaaa"), 1)
        demultiplexer.remove(1)
        #expect(demultiplexer.lookup(address) == nil)
        #expect(demultiplexer.lookup(message(.success), from: address) == nil)
        #expect(demultiplexer.lookup(message(.request, "aaaa:z"), from: address) == nil)
        #expect(demultiplexer.count == 0)
        let done8 = demultiplexer.register(ufrag: "aaaa", 2)
        #expect(done8)
    }

    @Test func anyBytesAreLookedUpSafely() {
        var demultiplexer = ICEDemultiplexer<Int>()
        _ = demultiplexer.register(ufrag: "aaaa", 1)
        let good = message(.request, "aaaa:zzzz")
        var random = SplitMix64(3)
        for length in 0...good.count { _ = demultiplexer.lookup(Array(good.prefix(length)), from: address) }
        for _ in 0..<5000 {
            var bytes = good
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = demultiplexer.lookup(bytes, from: address)
            demultiplexer.sent(bytes, 1)
        }
    }
}
