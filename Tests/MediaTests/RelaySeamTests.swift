import Primitives
import Testing

@testable import Media

/// Keys, noise and time where a relay begins, pauses and ends.
@Suite struct RelaySeamTests {
    private func stage(_ codec: AudioCodec = .pcmu) throws -> RelayStage {
        let stage = RelayStage()
        try stage.add(codec, 440)
        try stage.add(codec, 1000)
        return stage
    }

    /// A packet of the first peer that is no sound.
    private func special(_ stage: RelayStage, _ payloadType: UInt8, at start: UInt32?, _ payload: [UInt8]) throws
        -> [UInt8]
    {
        var packet = try #require(stage.peers[0].send(stage.tick))
        packet.removeSubrange(12...)
        (packet[0], packet[1]) = (0x80, payloadType)
        if let start { withUnsafeBytes(of: start.bigEndian) { packet.replaceSubrange(4..<8, with: $0) } }
        return packet + payload
    }

    private func key(_ stage: RelayStage, _ code: UInt8, at start: UInt32, _ duration: Int, end: Bool = false) throws {
        stage.give(
            0,
            try special(
                stage, 110, at: start, [code, end ? 0x8a : 0x0a, UInt8(duration >> 8 & 255), UInt8(duration & 255)]))
    }

    /// Sound and a key's packets by turns, as some phones send them.
    private func keyBesideSound(_ stage: RelayStage, _ code: UInt8, at start: UInt32, _ updates: Range<Int>) throws {
        for update in updates {
            try key(stage, code, at: start, update * 160, end: update == updates.upperBound - 1)
            stage.run(1)
        }
    }

    private func keys(_ stage: RelayStage) -> Set<UInt32> {
        Set(stage.headers(to: 1).filter { $0.header.payloadType == 111 }.map(\.header.timestamp))
    }

    /// How the listener's timestamps go on, packet by packet of sound and noise.
    private func steps(_ stage: RelayStage) -> [Int] {
        let heard = stage.headers(to: 1).filter { $0.header.payloadType != 111 }
        return zip(heard, heard.dropFirst()).map {
            Int(Int32(bitPattern: $1.header.timestamp &- $0.header.timestamp))
        }
    }

    // MARK: Keys

    @Test(arguments: [false, true]) func aKeyThatBeganInTheMixIsHeardOnce(isTyped: Bool) throws {
        let stage = try stage()
        stage.run(50)
        var beep = ToneGenerator(frequency: 2400, level: -12)
        if isTyped {
            stage.room.sendDigit(1, 9)
        } else {
            stage.room.play([Recording((0..<15).flatMap { _ in frame(&beep) })], to: 1)
        }
        stage.run(3)
        try keyBesideSound(stage, 5, at: 4711, 1..<2 + 1)
        // Whoever is told of it sends it anew, at once or once the sound is relayed again.
        stage.room.sendDigit(1, 5)
        try keyBesideSound(stage, 5, at: 4711, 3..<60)
        stage.run(20)
        #expect(keys(stage).count == (isTyped ? 2 : 1))
        #expect(stage.events().filter { $0.1 == .digit(5) }.count == 1)
        let numbers = stage.headers(to: 1).map(\.header.sequence)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 == 1 })
        // The next one goes as it comes.
        stage.sent.removeAll()
        try keyBesideSound(stage, 5, at: 90_000, 1..<10)
        stage.room.sendDigit(1, 5)
        stage.run(20)
        #expect(keys(stage).count == 1 && stage.headers(to: 1).filter { $0.header.payloadType == 111 }.count == 9)
    }

    @Test func aKeyIsNotTornInTwoByWhatIsPlayed() throws {
        let stage = try stage()
        stage.run(50)
        try keyBesideSound(stage, 5, at: 4711, 1..<4)
        var beep = ToneGenerator(frequency: 2400, level: -12)
        stage.room.play([Recording((0..<5).flatMap { _ in frame(&beep) })], to: 1)
        try keyBesideSound(stage, 5, at: 4711, 4..<60)
        stage.room.sendDigit(1, 5)
        stage.run(20)
        #expect(keys(stage).count == 1)
    }

    @Test func aLongKeyIsRelayedWholeAndCountsOnce() throws {
        let stage = try stage()
        stage.run(50)
        for update in 1...500 {
            let base = update * 160 > 0xffff ? 0xffff : 0
            try key(stage, 5, at: 4711 + UInt32(base), update * 160 - base, end: update == 500)
            stage.run(1)
        }
        #expect(keys(stage).count == 2)
        #expect(stage.events().filter { $0.1 == .digit(5) }.count == 1)
        stage.sent.removeAll()
        try keyBesideSound(stage, 6, at: 90_000, 1..<3)
        // Of the one key the listener heard; the other is told.
        stage.room.sendDigit(1, 6)
        stage.room.sendDigit(1, 5)
        stage.run(20)
        #expect(keys(stage).count == 2)
    }

    @Test func afterAKeyThatWasLeftOutTheSoundIsMarked() throws {
        let stage = try stage()
        try stage.change(1, to: .pcmu) { $0.sendEvents = nil }
        stage.network = { slot, tick, packet in [tick > 5 ? [packet[0], packet[1] & 0x7f] + packet[2...] : packet] }
        stage.run(20)
        try key(stage, 5, at: 4711, 160)
        stage.run(1)
        stage.away = [0]
        for update in 2..<10 {
            stage.step()
            try key(stage, 5, at: 4711, update * 160, end: update == 9)
        }
        stage.step()
        stage.away = []
        stage.run(20)
        // Sound that came beside the key goes on without a pause.
        #expect(stage.headers(to: 1).filter(\.header.marker).count == 2)
        #expect(zip(steps(stage), stage.headers(to: 1).dropFirst()).allSatisfy { ($0 > 160) == $1.header.marker })
    }

    /// Comfort noise that nobody agreed to, as some phones send it, is no loss.
    @Test func whatWasNotAgreedIsNoLoss() throws {
        let stage = try stage()
        try stage.change(0, to: .pcmu) { $0.comfortNoise = nil }
        for isRelayed in [true, false] {
            stage.room.setRelays(isRelayed)
            stage.run(20)
            for _ in 0..<10 {
                stage.give(0, try special(stage, 13, at: nil, [70]))
                stage.away = [0]
                stage.run(10)
                stage.away = []
                stage.run(10)
            }
            let statistics = stage.room.statistics(0)
            guard let statistics else { return }
            #expect(statistics.packetsLost == 0 && statistics.packetsWrongPayload == (isRelayed ? 10 : 20))
            if isRelayed {
                let numbers = stage.headers(to: 1).map(\.header.sequence)
                #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 == 1 })
            }
        }
        // What is far off, or another's, is not believed.
        var wild = try special(stage, 13, at: nil, [70])
        wild[2] ^= 0x40
        stage.give(0, wild)
        wild[8] ^= 1
        stage.give(0, wild)
        let lost = stage.room.statistics(0)?.packetsLost
        #expect(lost == 0)
    }

    // MARK: Time

    @Test func theMixGoesOnBehindNoiseAndKeys() throws {
        let stage = try stage()
        stage.run(50)
        stage.away = [0]
        for _ in 0..<20 {
            for _ in 0..<5 { stage.step() }
            stage.give(0, try special(stage, 13, at: nil, [70]))
        }
        stage.room.setRelays(false)
        stage.away = []
        stage.run(50)
        #expect(steps(stage).allSatisfy { $0 > 0 && $0 <= 160 * 8 }, "\(steps(stage))")
        stage.room.setRelays(true)
        stage.run(50)
        stage.away = [0]
        let before = stage.headers(to: 1).count
        for update in 1..<100 {
            try key(stage, 5, at: 80_000, update * 160, end: update == 99)
            stage.step()
        }
        stage.room.setRelays(false)
        stage.away = []
        stage.run(50)
        #expect(stage.headers(to: 1).count > before + 130)
        #expect(steps(stage).allSatisfy { $0 > 0 && $0 <= 160 * 110 })
        #expect(steps(stage).filter { $0 > 160 * 90 }.count == 1, "\(steps(stage))")
    }

    @Test func theMixGoesOnWhereTheSourcesClockFellBack() throws {
        let stage = try stage()
        stage.network = { slot, tick, packet in
            guard slot == 0, tick >= 50 else { return [packet] }
            var packet = packet
            let time = packet[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } &- 4000
            for index in 0..<4 { packet[4 + index] = UInt8(truncatingIfNeeded: time >> UInt32(24 - 8 * index)) }
            return [packet]
        }
        stage.run(60)
        stage.room.setRelays(false)
        stage.run(50)
        #expect(steps(stage).filter { $0 < 0 } == [160 - 4000])
        #expect(steps(stage).allSatisfy { $0 <= 160 * 8 }, "\(steps(stage))")
    }

    @Test(arguments: [40, 60], 0..<6) func theMixsLongerPacketsDoNotReachBack(_ packetTime: Int, _ offset: Int) throws {
        let stage = try stage()
        try stage.change(1, to: .pcmu) { $0.packetTime = packetTime }
        stage.run(50 + offset)
        for round in 0..<6 {
            stage.room.setRelays(round.isMultiple(of: 2))
            stage.run(25)
            // What is silent, too.
            if round == 3 {
                stage.away = [0]
                stage.run(40)
                stage.away = []
            }
        }
        var end: UInt32?
        for (tick, header, payload, _) in stage.headers(to: 1) {
            if let end { #expect(Int32(bitPattern: header.timestamp &- end) >= 0, "\(tick)") }
            end = header.timestamp &+ UInt32(payload.count)
        }
    }

    @Test func whereThereWasNoRoomForAPacketTimeGoesOn() throws {
        let stage = try stage()
        stage.room.setRelays(false)
        stage.run(50)
        stage.room.setRelays(true)
        // The sink is full: the first packet on the way is lost.
        while stage.batch.reserve() != nil { stage.batch.commit(slot: 0, kind: .rtcp, length: 12) }
        let packet = try #require(stage.peers[0].send(stage.tick))
        packet.withUnsafeBytes {
            _ = stage.room.receive(0, $0, at: stage.now(stage.tick) + .milliseconds(3), into: &stage.batch)
        }
        stage.batch.removeAll()
        stage.room.setRelays(false)
        stage.run(50)
        #expect(steps(stage).allSatisfy { $0 > 0 && $0 <= 160 * 8 }, "\(steps(stage))")
    }

    /// A re-INVITE that wants longer packets, and a leg that goes from one room to another.
    @Test(arguments: 0..<3) func longerPacketsDoNotReachBackWhateverChanges(_ offset: Int) throws {
        let stage = try stage()
        stage.room.setRelays(false)
        stage.run(50 + offset)
        for packetTime in [60, 20, 40, 60] {
            try stage.change(1, to: .pcmu) { $0.packetTime = packetTime }
            stage.run(25)
        }
        if let leg = stage.room.remove(1) { _ = stage.room.add(leg) }
        stage.run(25)
        var end: UInt32?
        for (tick, header, payload, _) in stage.headers(to: 1) {
            if let end { #expect(Int32(bitPattern: header.timestamp &- end) >= 0, "\(tick)") }
            end = header.timestamp &+ UInt32(payload.count)
        }
        #expect(stage.headers(to: 1).suffix(8).allSatisfy { $0.payload.count == 480 })
    }

    @Test func aKeyInWhatIsBufferedLeavesNoGap() throws {
        let stage = try stage()
        stage.room.setRelays(false)
        stage.run(50)
        stage.give(0, try #require(stage.peers[0].send(stage.tick)))
        try key(stage, 5, at: 4711, 160, end: true)
        stage.room.setRelays(true)
        stage.give(0, try #require(stage.peers[0].send(stage.tick + 1)))
        stage.away = [0]
        stage.run(2)
        stage.away = []
        stage.run(20)
        let numbers = stage.headers(to: 1).map(\.header.sequence)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 == 1 })
        #expect(stage.work.relayed >= 22)
    }

    /// A key for who holds would come when that one takes the call up again.
    @Test func aKeyForWhoHoldsIsNotKept() throws {
        let stage = try stage()
        stage.run(20)
        stage.room.sendDigit(1, 7)
        stage.run(2)
        try stage.change(1, to: .pcmu) { $0.sends = false }
        stage.room.sendDigit(1, 5)
        stage.run(20)
        stage.sent.removeAll()
        try stage.change(1, to: .pcmu)
        stage.run(30)
        #expect(stage.headers(to: 1).count > 20 && keys(stage).isEmpty)
    }

    // MARK: Copies

    /// Two packets of seven are lost; each brings a copy of the last but one.
    @Test func aCopyStandsWhereItsAgeSays() throws {
        let stage = try stage()
        try stage.change(0, to: .pcmu) { $0.redundancy = [.init(payloadType: 120, clockRate: 8000)] }
        var said: [[UInt8]] = []
        stage.network = { slot, tick, packet in
            guard slot == 0 else { return [packet] }
            said.append(Array(packet[20...]))
            guard said.count > 2 else { return [packet] }
            var red = Array(packet[..<12])
            (red[0], red[1]) = (0x80, 120)
            red += [0x80 | 96, 0x05, 0x00, 0xa0, 96] + said[said.count - 3] + said[said.count - 1]
            return tick % 7 > 4 ? [] : [red]
        }
        stage.run(101)
        let heard = stage.headers(to: 1).sorted { Int16(bitPattern: $0.header.sequence &- $1.header.sequence) < 0 }
        #expect(heard.map(\.payload) == said)
        #expect(zip(heard, heard.dropFirst()).allSatisfy { $1.header.sequence &- $0.header.sequence == 1 })
        #expect(zip(heard, heard.dropFirst()).allSatisfy { $1.header.timestamp &- $0.header.timestamp == 160 })
    }

    @Test func aPacketWithNothingButCopiesLeavesNoGap() throws {
        let stage = try stage()
        try stage.change(0, to: .pcmu) { $0.redundancy = [.init(payloadType: 120, clockRate: 8000)] }
        stage.run(20)
        var red = try special(stage, 120, at: nil, [0x80 | 96, 0x02, 0x80, 0xa0, 96])
        red += [UInt8](repeating: 0x7f, count: 160)
        stage.give(0, red)
        stage.run(20)
        let numbers = stage.headers(to: 1).map(\.header.sequence)
        #expect(numbers.count == 40 && zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 == 1 })
    }
}
