import Primitives
import Testing

@testable import Media

@Suite struct MediaLegTests {
    private func drain(_ leg: inout MediaLeg) -> [LegEvent] {
        var all: [LegEvent] = []
        while let event = leg.events.next() { all.append(event) }
        return all
    }

    private func packet(
        _ sequence: UInt16, ssrc: UInt32 = 5, payloadType: UInt8 = 96, timestamp: UInt32? = nil,
        payload: [UInt8] = [UInt8](repeating: 0x80, count: 160)
    ) -> [UInt8] {
        let memory = Memory()
        let start = RTPHeader.write(
            into: memory.bytes, marker: false, payloadType: payloadType, sequence: sequence,
            timestamp: timestamp ?? UInt32(sequence) * 160, ssrc: ssrc)
        return memory.packet(start ?? 0) + payload
    }

    private func leg() throws -> MediaLeg { try MediaLeg(settings(.pcmu), clock: clock, seed: 1) }

    private func give(_ bytes: [UInt8], _ leg: inout MediaLeg, _ at: Int64) {
        bytes.withUnsafeBytes { _ = leg.receive($0, at: milliseconds(at)) }
    }

    @Test(arguments: AudioCodec.allCases)
    func aToneCrossesALossyNetworkAtItsLevel(_ codec: AudioCodec) throws {
        let sender = try Peer(settings(codec, ssrc: 1), frequency: 700, level: -12)
        let receiver = try Peer(settings(codec, ssrc: 2), frequency: 700)
        var random = SplitMix64(7)
        var inFlight: [(at: Int64, packet: [UInt8])] = []
        for tick in 0..<Int64(400) {
            let now = tick * 20
            if let packet = sender.send(UInt64(tick)), Int.random(in: 0..<50, using: &random) != 0 {
                inFlight.append((now + Int64.random(in: 5...25, using: &random), packet))
            }
            for item in inFlight where item.at <= now { receiver.receive(item.packet, at: milliseconds(item.at)) }
            inFlight.removeAll { $0.at <= now }
            receiver.hear(milliseconds(now))
        }
        let level = Goertzel.level(receiver.heard.suffix(48000), 700)
        #expect(abs(level + 12) < 1.5, "\(level)")
        let statistics = receiver.leg.statistics
        #expect(statistics.packetsLost > 0 && statistics.packetsLost < 30)
        #expect(statistics.framesConcealed + statistics.framesRecovered > 0)
        #expect(statistics.currentDelay < .milliseconds(80))
    }

    @Test func aForgedSourceIsNotHeardAndTheCallGoesOn() throws {
        var leg = try leg()
        leg.listen()
        for index in 0..<UInt16(50) {
            give(packet(index), &leg, Int64(index) * 20)
            give(packet(index &+ 1000, ssrc: 666), &leg, Int64(index) * 20 + 1)
            _ = leg.decodeTick(milliseconds(Int64(index) * 20 + 5))
        }
        #expect(leg.source.ssrc == 5)
        #expect(leg.statistics.packetsReceived == 50)
        #expect(leg.statistics.packetsWrongSource == 50)
        #expect(drain(&leg) == [.source(5)])
    }

    @Test func anotherSourceTakesOverOnceTheFirstHasGone() throws {
        var leg = try leg()
        give(packet(1), &leg, 0)
        // After half a second of silence at once.
        give(packet(1, ssrc: 6), &leg, 499)
        #expect(leg.source.ssrc == 5)
        give(packet(9, ssrc: 6), &leg, 500)
        #expect(leg.source.ssrc == 6)
        // After a tenth with four packets in sequence.
        for index in 0..<UInt16(4) { give(packet(30 + index, ssrc: 7), &leg, 600 + Int64(index) * 20) }
        #expect(leg.source.ssrc == 7)
        #expect(drain(&leg) == [.source(5), .source(6), .source(7)])
    }

    @Test func wrongPayloadsAreDroppedAndCounted() throws {
        var leg = try leg()
        give(packet(1, payloadType: 13), &leg, 0)
        give(packet(2, payload: []), &leg, 0)
        give(packet(3, payload: [UInt8](repeating: 0, count: 1200)), &leg, 0)
        give([0x80], &leg, 0)
        give([0x00, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], &leg, 0)
        let statistics = leg.statistics
        #expect(statistics.packetsWrongPayload == 1)
        #expect(statistics.packetsMalformed == 4)
        #expect(statistics.packetsReceived == 0)
        #expect(leg.source.ssrc == nil)
    }

    @Test func aKeyThatComesManyTimesIsSaidOnce() throws {
        var leg = try leg()
        func event(_ sequence: UInt16, _ timestamp: UInt32, _ code: UInt8, _ duration: UInt16, end: Bool = false) {
            give(
                packet(
                    sequence, payloadType: 101, timestamp: timestamp,
                    payload: [code, end ? 0x8a : 0x0a, UInt8(duration >> 8), UInt8(duration & 255)]), &leg,
                Int64(sequence) * 20)
        }
        give(packet(0), &leg, 0)
        for index in UInt16(1)...4 { event(index, 1000, 5, index * 160) }
        for index in UInt16(5)...7 { event(index, 1000, 5, 800, end: true) }
        // The same key again; its end is lost, and another key follows of which only the end comes.
        event(8, 3000, 5, 160)
        event(9, 5000, 11, 1600, end: true)
        // A straggler.
        event(10, 1000, 5, 800, end: true)
        #expect(
            drain(&leg) == [
                .source(5), .digit(5), .digitEnded(5, milliseconds: 100), .digit(5),
                .digitEnded(5, milliseconds: 20), .digit(11),
            ])
    }

    @Test func keysSentAreKeysReceived() throws {
        let sender = try Peer(settings(.opus, ssrc: 1), frequency: 500)
        let receiver = try Peer(settings(.opus, ssrc: 2), frequency: 500)
        let memory = Memory()
        sender.leg.keySender.send(1, milliseconds: 100)
        sender.leg.keySender.send(1, milliseconds: 60)
        sender.leg.keySender.send(10, milliseconds: 200)
        for tick in 0..<UInt64(80) {
            let now = milliseconds(Int64(tick) * 20)
            if sender.leg.isKey {
                var output = sender.leg.output
                let length = sender.leg.keyTick(tick, &output, into: memory.bytes)
                sender.leg.output = output
                if length > 0 { receiver.receive(memory.packet(length), at: now) }
            } else if let packet = sender.send(tick) {
                receiver.receive(packet, at: now)
            }
            receiver.hear(now)
        }
        let events = drain(&receiver.leg).filter { if case .source = $0 { false } else { true } }
        #expect(
            events == [
                .digit(1), .digitEnded(1, milliseconds: 100), .digit(1), .digitEnded(1, milliseconds: 60), .digit(10),
                .digitEnded(10, milliseconds: 200),
            ])
        #expect(receiver.leg.statistics.packetsLost == 0)
        // Audio goes on after the keys.
        #expect(Goertzel.level(receiver.heard.suffix(9600), 500) > -15)
    }

    @Test func goodbyeIsHeard() throws {
        let sender = try Peer(settings(.pcmu, ssrc: 1), frequency: 500)
        let receiver = try Peer(settings(.pcmu, ssrc: 2), frequency: 500)
        let memory = Memory()
        if let packet = sender.send(0) { receiver.receive(packet, at: milliseconds(0)) }
        let length = sender.leg.report(milliseconds(10), 1, sender.leg.output, isBye: true, into: memory.bytes)
        receiver.receive(memory.packet(length), at: milliseconds(10))
        #expect(drain(&receiver.leg) == [.source(1), .bye])
        #expect(receiver.leg.source.ssrc == nil)
    }

    @Test func heldLegsHearNothing() throws {
        let sender = try Peer(settings(.pcmu, ssrc: 1), frequency: 500)
        let receiver = try Peer(settings(.pcmu, ssrc: 2), frequency: 500)
        func run(_ ticks: Range<UInt64>) -> Bool {
            var sounded = false
            for tick in ticks {
                let now = milliseconds(Int64(tick) * 20)
                if let packet = sender.send(tick) { receiver.receive(packet, at: now) }
                sounded = receiver.leg.hearTick(now) || sounded
            }
            return sounded
        }
        #expect(run(0..<20))
        var held = settings(.pcmu, ssrc: 2)
        held.receives = false
        receiver.leg.update(held)
        #expect(!run(20..<40))
        receiver.leg.update(settings(.pcmu, ssrc: 2))
        #expect(run(40..<60))
    }

    @Test func anyPacketAtAllNeverTraps() throws {
        var random = SplitMix64(11)
        var leg = try MediaLeg(settings(.opus), clock: clock, seed: 2)
        leg.listen()
        let sender = try Peer(settings(.opus, ssrc: 9), frequency: 800)
        for tick in 0..<UInt64(4000) {
            let now = milliseconds(Int64(tick) * 20)
            var bytes: [UInt8] = []
            if Bool.random(using: &random), let packet = sender.send(tick) { bytes = packet }
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                bytes = (0..<Int.random(in: 0...1600, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            }
            bytes.withUnsafeBytes { _ = leg.receive($0, at: now) }
            _ = leg.decodeTick(now)
        }
        #expect(leg.statistics.packetsReceived > 0)
    }
}
