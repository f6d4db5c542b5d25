import Primitives
import Testing

@testable import ICE

@Suite struct STUNMappingTests {
    private func answer(_ request: [UInt8], _ mapped: SocketAddress) throws -> [UInt8] {
        let message = try STUNMessage(decoding: request)
        return STUNMessage(.success, message.transactionID, [.xorMappedAddress(mapped)])
            .encoded(key: nil, hashing: .test)
    }

    private func takes(_ mapping: inout STUNMapping, _ bytes: [UInt8], at now: Instant = .zero) -> Bool {
        mapping.receive(bytes, now: now)
    }

    @Test func aMappingIsKeptByAQuestionEveryTwentySeconds() throws {
        var mapping = STUNMapping(entropy: .seeded(1), hashing: .test)
        var now = Instant.zero
        mapping.start(now: now)
        var times: [Instant] = []
        for port in 1...100 {
            for packet in mapping.drain() {
                times.append(now)
                let bytes = try answer(packet, SocketAddress(.v4(0xcb00_7101), UInt16(port)))
                let isTaken = takes(&mapping, bytes, at: now)
                #expect(isTaken)
            }
            #expect(mapping.mapped?.port == UInt16(port))
            now = try #require(mapping.nextWake)
            mapping.wake(now: now)
        }
        for (one, next) in zip(times, times.dropFirst()) {
            #expect(next - one >= .seconds(15) && next - one <= .seconds(25))
        }
    }

    @Test func aServerThatFallsSilentTakesTheMappingAlong() throws {
        var mapping = STUNMapping(entropy: .seeded(1), hashing: .test)
        mapping.start(now: .zero)
        let request = try #require(mapping.drain().first)
        let taken = [
            takes(&mapping, try answer(request, "203.0.113.1:7")),
            takes(&mapping, try answer(request, "203.0.113.2:7")),
        ]
        #expect(taken == [true, false])
        #expect(mapping.mapped == "203.0.113.1:7")
        var sent = 0
        while let due = mapping.nextWake, due < .seconds(90) {
            mapping.wake(now: due)
            sent += mapping.drain().count
        }
        #expect(mapping.mapped == nil)
        #expect((7...14).contains(sent))
    }

    @Test func whatIsNoAnswerIsNone() throws {
        var mapping = STUNMapping(entropy: .seeded(1), hashing: .test)
        mapping.start(now: .zero)
        let request = try #require(mapping.drain().first)
        let whole = try answer(request, "203.0.113.1:7")
        for bytes in (0..<whole.count).map({ Array(whole.prefix($0)) }) + [request] {
            let isTaken = takes(&mapping, bytes)
            #expect(!isTaken)
        }
        #expect(mapping.mapped == nil)
    }
}
