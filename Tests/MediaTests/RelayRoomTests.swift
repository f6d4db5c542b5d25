import Primitives
import Testing

@testable import Media

@Suite struct RelayRoomTests {
    private func stage(_ first: AudioCodec = .opus, _ second: AudioCodec = .opus) throws -> RelayStage {
        let stage = RelayStage()
        try stage.add(first, 440)
        try stage.add(second, 1000)
        return stage
    }

    // MARK: Relayed

    @Test(arguments: AudioCodec.allCases)
    func packetsOfACommonCodecGoAsTheyCame(_ codec: AudioCodec) throws {
        let stage = try stage(codec, codec)
        var said: [[UInt8]] = []
        stage.network = { slot, _, packet in
            if slot == 0 { packet.withUnsafeBytes { said.append(Array($0[20...])) } }
            return [packet]
        }
        stage.run(200)
        let heard = stage.headers(to: 1)
        #expect(heard.map(\.payload) == said)
        #expect(heard.allSatisfy { $0.header.payloadType == 97 && $0.header.ssrc == 5001 })
        #expect(heard.map(\.header.marker) == [true] + Array(repeating: false, count: 199))
        #expect(stage.faults(to: 1, rate: codec.clockRate, tolerance: 0).isEmpty)
        #expect(stage.faults(to: 0, rate: codec.clockRate, tolerance: 0).isEmpty)
        #expect(stage.work == (0, 0, 400))
        #expect(stage.room.work == MixWork())
        #expect(abs(stage.level(1, 440) + 12) < 1 && abs(stage.level(0, 1000) + 12) < 1)
    }

    @Test func theLevelIsKeptUnderTheListenersNumber() throws {
        let stage = try stage()
        stage.run(3)
        let packet = try #require(stage.headers(to: 1).last)
        let level = packet.packet.withUnsafeBytes { AudioLevel.client(id: 2, in: $0, packet.header) }
        #expect(level == AudioLevel.Client(level: 30, isVoice: true))
        #expect(packet.packet.withUnsafeBytes { AudioLevel.client(id: 1, in: $0, packet.header) } == nil)
        // Who did not agree to it gets none.
        try stage.change(1, to: .opus) { $0.levelID = nil }
        stage.run(3)
        #expect(stage.headers(to: 1).last?.header.extensionProfile == 0)
    }

    @Test func whoIsAloneIsNotDecoded() throws {
        let stage = RelayStage()
        try stage.add(.opus, 440)
        stage.run(50)
        #expect(stage.room.work == MixWork() && stage.room.statistics(0)?.packetsReceived == 50)
        try stage.add(.opus, 1000)
        stage.run(50)
        #expect(stage.work == (0, 0, 100))
    }

    @Test func whatIsNotWantedIsMixed() throws {
        let stage = try stage()
        stage.room.setRelays(false)
        stage.run(100)
        #expect(stage.work.relayed == 0 && stage.work.decoded > 100 && stage.work.encoded > 100)
        #expect(abs(stage.level(1, 440) + 12) < 1)
    }

    @Test(arguments: 0..<8)
    func lossOrderAndRepetitionAreTheListenersToSee(_ seed: Int) throws {
        let stage = try stage(.pcmu, .pcmu)
        var random = SplitMix(UInt64(seed))
        var held: [UInt8]?
        var expected: [(number: UInt16, timestamp: UInt32)] = []
        func expect(_ packet: [UInt8]) {
            packet.withUnsafeBytes { bytes in
                if let header = RTPHeader(bytes) { expected.append((header.sequence, header.timestamp)) }
            }
        }
        stage.network = { slot, tick, packet in
            guard slot == 0, tick > 5 else {
                if slot == 0 { expect(packet) }
                return [packet]
            }
            let late = held
            held = nil
            var all: [[UInt8]]
            switch random.next() % 10 {
            case 0: all = []
            case 1: all = [packet, packet]
            case 2 where late == nil:
                held = packet
                all = []
            default: all = [packet]
            }
            if !all.isEmpty { expect(packet) }
            if let late {
                all.append(late)
                expect(late)
            }
            return all
        }
        stage.run(400)
        let sent = stage.headers(to: 1).map { ($0.header.sequence, $0.header.timestamp) }
        #expect(sent.count == expected.count)
        let (number, time) = (sent[0].0 &- expected[0].number, sent[0].1 &- expected[0].timestamp)
        #expect(zip(sent, expected).allSatisfy { $0.0 == $1.number &+ number && $0.1 == $1.timestamp &+ time })
        #expect(Set(sent.map(\.0)).count == sent.count)
    }

    @Test func anotherSourceAndAnotherSequenceGoOnWhereTheLastWas() throws {
        let stage = try stage(.pcmu, .pcmu)
        stage.run(50)
        stage.network = { slot, _, packet in
            guard slot == 0 else { return [packet] }
            var packet = packet
            packet.replaceSubrange(2..<8, with: [packet[2] ^ 0x55, packet[3], 9, 9, packet[6], packet[7]])
            return [packet]
        }
        stage.run(50)
        // The first of the jump is not believed.
        #expect(stage.headers(to: 1).count == 99)
        stage.network = { slot, _, packet in
            var packet = packet
            if slot == 0 { packet[8] = 7 }
            return [packet]
        }
        stage.away = [0]
        stage.run(30)
        stage.away = []
        stage.run(50)
        #expect(stage.headers(to: 1).count == 149)
        #expect(stage.faults(to: 1, rate: 8000).isEmpty)
        #expect(stage.work.decoded == 0)
    }

    @Test func aFloodIsNotPassedOn() throws {
        let stage = try stage(.pcmu, .pcmu)
        stage.run(10)
        let before = stage.headers(to: 1).count
        for number in 0..<5000 {
            var packet = try #require(stage.peers[0].send(stage.tick))
            packet[12 + 8] = UInt8(truncatingIfNeeded: number)
            stage.give(0, packet)
        }
        #expect(stage.headers(to: 1).count - before <= 100)
    }

    @Test func whatIsMalformedOrUnknownGoesNowhere() throws {
        let stage = try stage()
        stage.run(5)
        let packet = try #require(stage.peers[0].send(stage.tick))
        let before = stage.sent.count
        for length in 0..<20 { stage.give(0, Array(packet[..<length])) }
        var other = packet
        other[1] = 77
        stage.give(0, other)
        var stranger = packet
        stranger[8] ^= 1
        stage.give(0, stranger)
        #expect(stage.sent.count == before)
        // What was unknown is not missing.
        stage.run(50)
        #expect(stage.work.decoded == 0 && stage.faults(to: 1, rate: 48000) == [])
    }

    // MARK: From relay to mix and back

    @Test(arguments: [AudioCodec.pcmu, .pcma, .g722])
    func aReinviteChangesTheCodecInTheMiddle(_ other: AudioCodec) throws {
        let stage = try stage()
        stage.run(100)
        for round in 0..<6 {
            let before = stage.work
            try stage.change(0, to: round.isMultiple(of: 2) ? other : .opus)
            stage.run(75)
            let after = stage.work
            if round.isMultiple(of: 2) {
                #expect(after.relayed == before.relayed && after.decoded > before.decoded + 100)
            } else {
                #expect(after.relayed - before.relayed >= 148 && after.decoded - before.decoded < 8)
            }
            #expect(abs(stage.level(1, 440) + 12) < 1.5, "round \(round): \(stage.level(1, 440))")
            #expect(abs(stage.level(0, 1000) + 12) < 1.5, "round \(round): \(stage.level(0, 1000))")
        }
        #expect(stage.faults(to: 1, rate: 48000, tolerance: 61) == [])
        // Whose clock changed counts on in other units.
        let numbers = stage.headers(to: 0).map(\.header.sequence)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 == 1 })
    }

    @Test func whoListensHearsNoClickWhereTheRelayTakesOver() throws {
        let stage = try stage(.pcmu, .pcmu)
        stage.room.setRelays(false)
        stage.run(100)
        stage.room.setRelays(true)
        stage.run(20)
        let heard = stage.peers[1].heard.suffix(960 * 40)
        var steepest = 0
        for (one, next) in zip(heard, heard.dropFirst()) { steepest = max(steepest, abs(Int(next) - Int(one))) }
        // A tone of 440 Hz at -12 dBFS climbs 670 from sample to sample at most.
        #expect(steepest < 3000, "\(steepest)")
        #expect(stage.faults(to: 1, rate: 8000, tolerance: 41) == [])
    }

    @Test func aThirdMakesItAMixAndTwoARelay() throws {
        let stage = try stage()
        stage.run(50)
        let third = try stage.add(.pcmu, 1850)
        stage.run(100)
        let mixed = stage.work
        #expect(mixed.relayed <= 101 && mixed.decoded > 200)
        for tone in [440.0, 1000] { #expect(abs(stage.level(third, tone) + 12) < 1.5) }
        #expect(abs(stage.level(1, 1850) + 12) < 1.5)
        stage.away = [third]
        _ = stage.room.remove(third)
        stage.run(100)
        #expect(stage.work.relayed >= mixed.relayed + 190)
        #expect(stage.level(1, 1850, last: 1) < -50)
        for slot in 0..<2 { #expect(stage.faults(to: slot, rate: 48000, tolerance: 61) == []) }
    }

    /// The listener's time is the source's while it is relayed, and stays so.
    @Test func theMixGoesOnWhereTheSourcesClockHasLed() throws {
        let stage = RelayStage()
        try stage.add(.pcmu, 440)
        try stage.add(.pcmu, 1000)
        stage.network = { slot, tick, packet in
            guard slot == 0, tick >= 50 else { return [packet] }
            var packet = packet
            let time = packet[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } &+ 8000
            for index in 0..<4 { packet[4 + index] = UInt8(truncatingIfNeeded: time >> UInt32(24 - 8 * index)) }
            return [packet]
        }
        stage.run(100)
        stage.room.setRelays(false)
        stage.run(50)
        let times = stage.headers(to: 1).map(\.header.timestamp)
        let steps = zip(times, times.dropFirst()).map { Int(Int32(bitPattern: $1 &- $0)) }
        #expect(steps.allSatisfy { $0 > 0 } && steps.count { $0 > 4000 } == 1)
    }

    @Test func aPromptTakesThePlaceOfTheOtherAndTheRelayComesBack() throws {
        let stage = try stage()
        stage.run(50)
        var beep = ToneGenerator(frequency: 2400, level: -12)
        let samples = (0..<25).flatMap { _ in frame(&beep) }
        stage.room.play([Recording(samples)], to: 1)
        stage.run(25)
        #expect(stage.level(1, 2400, last: 0.3) > -20)
        stage.run(80)
        let before = stage.work
        stage.run(50)
        #expect(stage.work.relayed - before.relayed == 100 && stage.work.decoded == before.decoded)
        #expect(stage.events().contains { $0.0 == 1 && $0.1 == .played })
        #expect(stage.faults(to: 1, rate: 48000, tolerance: 61) == [])
    }

    @Test(arguments: [AudioCodec.pcmu, .opus])
    func whileOneIsPlayedToTheOtherHearsItAsItComesAndNotItself(_ codec: AudioCodec) throws {
        let stage = try stage(codec, codec)
        stage.run(50)
        var tune = ToneGenerator(frequency: 2400, level: -12)
        let samples = (0..<500).flatMap { _ in frame(&tune) }
        stage.room.play([Recording(samples)], to: 1)
        stage.run(100)
        #expect(abs(stage.level(0, 1000) + 12) < 1 && stage.level(0, 440) < -50)
        #expect(stage.faults(to: 0, rate: codec.clockRate) == [])
        #expect(stage.level(1, 2400) > -20)
        // Nothing to be played ends what is.
        stage.room.play([], to: 1)
        stage.run(100)
        #expect(stage.level(1, 2400) < -50 && abs(stage.level(1, 440) + 12) < 1)
        let before = stage.work.relayed
        stage.run(50)
        #expect(stage.work.relayed - before == 100)
    }

    // MARK: Not to be heard

    @Test func whoIsMutedHeldOrDeafIsNotRelayed() throws {
        let stage = try stage()
        stage.run(50)
        stage.room.setMuted(0, true)
        stage.run(100)
        #expect(stage.level(1, 440) < -60 && abs(stage.level(0, 1000) + 12) < 1)
        stage.room.setMuted(0, false)
        stage.run(60)
        #expect(abs(stage.level(1, 440) + 12) < 1)
        stage.room.setDeaf(1, true)
        stage.run(100)
        #expect(stage.level(1, 440) < -60)
        stage.room.setDeaf(1, false)
        stage.run(100)
        #expect(abs(stage.level(1, 440) + 12) < 1)
        try stage.change(1, to: .opus) { $0.receives = false }
        stage.run(100)
        #expect(stage.level(0, 1000) < -60 && abs(stage.level(1, 440) + 12) < 1)
        try stage.change(1, to: .opus) { $0.sends = false }
        let before = stage.headers(to: 1).count
        stage.run(50)
        #expect(stage.headers(to: 1).count == before)
        #expect(abs(stage.level(0, 1000, last: 0.5) + 12) < 1.5)
    }

    @Test func whoIsRelayedToAndHearsNothingForLongIsKeptCompany() throws {
        let stage = try stage()
        stage.run(50)
        stage.away = [0]
        stage.run(240)
        #expect(stage.headers(to: 1).count == 50)
        stage.run(60)
        #expect(stage.headers(to: 1).count > 50)
        stage.away = []
        stage.run(50)
        #expect(stage.faults(to: 1, rate: 48000, tolerance: 61) == [])
        #expect(stage.work.decoded == 0)
    }

    // MARK: Keys and noise

    private func event(_ stage: RelayStage, _ code: UInt8, at start: UInt32, end: Bool) throws -> [UInt8] {
        var packet = try #require(stage.peers[0].send(stage.tick))
        packet.removeSubrange(12...)
        packet[0] = 0x80
        packet[1] = 110
        withUnsafeBytes(of: start.bigEndian) { packet.replaceSubrange(4..<8, with: $0) }
        return packet + [code, end ? 0x8a : 0x0a, 3, 0xc0]
    }

    @Test func keysGoUnderTheListenersNumberAndAreTold() throws {
        let stage = try stage()
        stage.run(20)
        for number in 0..<4 {
            stage.give(0, try event(stage, 5, at: 4711, end: number == 3))
            stage.step()
        }
        stage.run(20)
        let keys = stage.headers(to: 1).filter { $0.header.payloadType == 111 }
        #expect(keys.count == 4 && Set(keys.map(\.header.timestamp)).count == 1)
        #expect(keys.first?.payload == [5, 0x0a, 3, 0xc0])
        let numbers = stage.headers(to: 1).map(\.header.sequence)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 == 1 })
        #expect(stage.events().contains { $0.0 == 0 && $0.1 == .digit(5) })
        // Who tells the listener of it once more is not obeyed; of another key, he is.
        stage.sent.removeAll()
        stage.room.sendDigit(1, 5)
        stage.run(15)
        #expect(stage.headers(to: 1).allSatisfy { $0.header.payloadType == 97 })
        stage.room.sendDigit(1, 5)
        stage.run(25)
        #expect(stage.headers(to: 1).contains { $0.header.payloadType == 111 })
        #expect(stage.headers(to: 1).last?.header.payloadType == 97)
    }

    @Test func keysThatTheListenerCannotTakeLeaveNoGap() throws {
        let stage = try stage()
        try stage.change(1, to: .opus) { $0.sendEvents = .init(payloadType: 111, clockRate: 8000) }
        stage.run(20)
        stage.give(0, try event(stage, 5, at: 4711, end: false))
        stage.give(0, try event(stage, 5, at: 4711, end: true))
        stage.run(20)
        let heard = stage.headers(to: 1)
        #expect(heard.allSatisfy { $0.header.payloadType == 97 })
        #expect(zip(heard, heard.dropFirst()).allSatisfy { $1.header.sequence &- $0.header.sequence == 1 })
        #expect(stage.events().contains { $0.1 == .digit(5) })
    }

    @Test func comfortNoiseIsRelayedWhereBothHaveIt() throws {
        let stage = try stage(.pcmu, .pcmu)
        stage.run(20)
        func noise() throws -> [UInt8] {
            var packet = try #require(stage.peers[0].send(stage.tick))
            packet.removeSubrange(12...)
            (packet[0], packet[1]) = (0x80, 13)
            return packet + [70]
        }
        stage.give(0, try noise())
        #expect(stage.headers(to: 1).last?.header.payloadType == 14)
        #expect(stage.headers(to: 1).last?.payload == [70])
        try stage.change(1, to: .pcmu) { $0.comfortNoise = nil }
        stage.run(20)
        stage.give(0, try noise())
        stage.run(20)
        let numbers = stage.headers(to: 1).map(\.header.sequence)
        #expect(stage.headers(to: 1).allSatisfy { $0.header.payloadType != 14 || $0.payload == [70] })
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 == 1 })
    }

    // MARK: Copies

    @Test func copiesFillWhatWasLostBeforeUs() throws {
        let stage = try stage(.pcmu, .pcmu)
        try stage.change(0, to: .pcmu) { $0.redundancy = [.init(payloadType: 120, clockRate: 8000)] }
        var last: [UInt8]?
        stage.network = { slot, tick, packet in
            guard slot == 0 else { return [packet] }
            let payload = Array(packet[20...])
            defer { last = payload }
            guard let copy = last else { return [packet] }
            var red = Array(packet[..<12])
            (red[0], red[1]) = (0x80, 120)
            // 160 units before, 160 octets.
            red += [0x80 | 96, 0x02, 0x80 | 0, 160, 96] + copy + payload
            return tick.isMultiple(of: 5) ? [] : [red]
        }
        stage.run(101)
        let heard = stage.headers(to: 1).sorted { Int16(bitPattern: $0.header.sequence &- $1.header.sequence) < 0 }
        #expect(heard.allSatisfy { $0.header.payloadType == 97 && $0.payload.count == 160 })
        #expect(zip(heard, heard.dropFirst()).allSatisfy { $1.header.sequence &- $0.header.sequence == 1 })
        #expect(zip(heard, heard.dropFirst()).allSatisfy { $1.header.timestamp &- $0.header.timestamp == 160 })
        #expect(heard.count == 100)
    }

    // MARK: Reports

    @Test func theSourceHearsOfTheLossBehindUs() throws {
        let stage = try stage(.pcmu, .pcmu)
        var fractions: [Int: Double] = [:]
        for tick in 0..<1500 {
            // The second peer's path loses every fourth packet of what we send: it says so.
            if tick.isMultiple(of: 200) {
                var report = RTCPCompound(ssrc: 101)
                report.block = RTCPReportBlock(
                    ssrc: 5001, fractionLost: 64, cumulativeLost: 0, extendedHighest: 0, jitter: 40, lastSR: 0,
                    delaySinceLastSR: 0)
                let memory = Memory()
                let length = report.write(
                    into: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[...]), cname: [65])
                stage.give(1, memory.packet(length))
            }
            stage.run(1)
        }
        for slot in 0..<2 { fractions[slot] = stage.peers[slot].leg.reporter.remoteFractionLost }
        #expect(fractions[0] == 0.25)
        #expect(fractions[1] == 0)
    }
}
