import Primitives
import Testing

@testable import Media

/// Peers around a room on a virtual clock.
private final class Scene {
    var room: MixRoom
    var peers: [Peer] = []
    var silent: Set<Int> = []
    var batch = PacketBatch(capacity: 128)
    var tick: UInt64 = 0
    /// Packets as they left the room.
    var sent: [(slot: Int, kind: PacketKind, packet: [UInt8])] = []

    init(configuration: MixConfiguration = MixConfiguration()) {
        room = MixRoom(capacity: 64, configuration: configuration)
    }

    @discardableResult
    func add(
        _ codec: AudioCodec, _ frequency: Double, level: Double = -12, packetTime: Int = 20, levels: UInt8? = nil
    ) throws -> Int {
        let ssrc = UInt32(peers.count) + 100
        peers.append(
            try Peer(settings(codec, ssrc: ssrc, packetTime: packetTime), frequency: frequency, level: level))
        let leg = try MediaLeg(
            settings(codec, ssrc: ssrc + 1000, packetTime: packetTime, mixerLevelID: levels), clock: clock,
            seed: UInt64(ssrc))
        let slot = room.add(leg)
        #expect(slot == peers.count - 1)
        return peers.count - 1
    }

    func run(_ ticks: Int) {
        for _ in 0..<ticks {
            let now = milliseconds(Int64(tick) * 20)
            for (slot, peer) in peers.enumerated() {
                guard let packet = peer.send(tick, silent: silent.contains(slot)) else { continue }
                packet.withUnsafeBytes { _ = room.receive(slot, $0, at: now + .milliseconds(3)) }
            }
            room.tick(due: now + .milliseconds(15), now: now + .milliseconds(15), into: &batch)
            batch.drain { slot, kind, packet in
                sent.append((slot, kind, packet))
                peers[slot].receive(packet, at: now + .milliseconds(17))
            }
            for peer in peers { peer.hear(now + .milliseconds(19)) }
            tick += 1
        }
    }

    func heard(_ peer: Int, _ frequency: Double) -> Double {
        Goertzel.level(peers[peer].heard.suffix(48000), frequency)
    }

    func events() -> [(Int, LegEvent)] {
        var all: [(Int, LegEvent)] = []
        while let next = room.nextEvent() { all.append((next.slot, next.event)) }
        return all
    }
}

@Suite struct MixRoomTests {
    @Test func threeCodecsHearEachOtherAndNotThemselves() throws {
        let scene = Scene()
        let tones = [440.0, 1000, 1850]
        for (codec, tone) in zip([AudioCodec.opus, .pcmu, .g722], tones) { try scene.add(codec, tone) }
        scene.run(200)
        for (listener, own) in tones.enumerated() {
            for tone in tones where tone != own {
                let level = scene.heard(listener, tone)
                #expect(abs(level + 12) < 1, "\(listener) hears \(tone) Hz at \(level) dBFS")
            }
            #expect(scene.heard(listener, own) < -62, "\(listener) hears itself at \(scene.heard(listener, own))")
        }
        for slot in 0..<3 {
            let statistics = scene.room.statistics(slot)
            #expect(statistics?.packetsLost == 0 && statistics?.packetsLate == 0)
            #expect(statistics?.packetsSent == 200)
        }
    }

    @Test func listenersOfAClassShareOneEncodedFrame() throws {
        let scene = Scene()
        try scene.add(.opus, 700)
        for _ in 0..<3 { try scene.add(.opus, 300) }
        try scene.add(.pcma, 300)
        scene.silent = [1, 2, 3, 4]
        scene.run(150)
        // One more speaks, so that the first gets something too.
        scene.silent = [1, 2, 3]
        scene.peers[4].tone = ToneGenerator(frequency: 1900, level: -12)
        scene.run(10)
        let last = Array(scene.sent.filter { $0.kind == .rtp }.suffix(5)).sorted { $0.slot < $1.slot }
        let payloads = last.map { item in
            item.packet.withUnsafeBytes { packet in
                RTPHeader(packet).map { Array($0.payload(in: packet)) } ?? []
            }
        }
        #expect(Array(last.map(\.slot)) == [0, 1, 2, 3, 4])
        #expect(payloads[1] == payloads[2] && payloads[2] == payloads[3])
        #expect(payloads[0] != payloads[1])
        for listener in 1...4 { #expect(abs(scene.heard(listener, 700) + 12) < 1) }
        #expect(scene.heard(0, 700) < -62)
        // Each has its own sequence, source and timestamps.
        #expect(Set(scene.sent.suffix(5).map { $0.packet[8..<12].map { $0 } }).count == 5)
    }

    @Test(arguments: AudioCodec.allCases, [20, 60])
    func whoBeginsToSpeakHearsTheOthersWithoutASeam(_ codec: AudioCodec, _ packetTime: Int) throws {
        let scene = Scene()
        try scene.add(codec, 700)
        let listener = try scene.add(codec, 1900, packetTime: packetTime)
        scene.silent = [listener]
        scene.run(91)
        scene.silent = []
        scene.run(30)
        scene.silent = [listener]
        scene.run(120)
        // The tone's level in each 20 ms from the second second on never dips: what is no tone stays far below it.
        let heard = scene.peers[listener].heard
        for start in stride(from: 48000, to: heard.count - 960, by: 960) {
            let piece = heard[start..<start + 960]
            let rms = Goertzel.rms(piece)
            #expect(abs(rms - 5820) < 5820 * 0.12, "\(start / 960): \(rms)")
        }
    }

    @Test func fullScaleTonesOfThreeNeitherWrapNorVanish() throws {
        let scene = Scene()
        let tones = [500.0, 900, 1400]
        for tone in tones { try scene.add(.opus, tone, level: 0) }
        scene.silent = []
        let listener = try scene.add(.opus, 300)
        scene.silent = [listener]
        scene.run(200)
        // Three sines do not peak together, so the gain is a little more than a third.
        for tone in tones { #expect((-10.2 ... -8).contains(scene.heard(listener, tone))) }
        for product in [400.0, 1000, 1800, 2300] { #expect(scene.heard(listener, product) < -45) }
    }

    @Test func contributorsAndTheirLevelsAreListed() throws {
        let scene = Scene()
        try scene.add(.pcmu, 440, level: -10, levels: 3)
        try scene.add(.pcmu, 1000, level: -20, levels: 3)
        try scene.add(.pcmu, 300, levels: 3)
        scene.silent = [2]
        scene.run(60)
        for item in scene.sent.filter({ $0.kind == .rtp }).suffix(3) {
            item.packet.withUnsafeBytes { packet in
                guard let header = RTPHeader(packet) else { return }
                let sources = (0..<header.csrcCount).compactMap { header.csrc($0, in: packet) }
                #expect(sources == [[101], [100], [100, 101]][item.slot])
                // A sine's root mean square is 3 dB below its peak.
                let levels = header.element(3, in: packet).map(Array.init)
                #expect(levels == [[23], [13], [13, 23]][item.slot])
            }
        }
        #expect(scene.events().map(\.0) == [0, 1, 2])
    }

    /// Who is muted is named with 127 beside who is heard, for a moment every second, and never who is merely silent.
    @Test func theMutedAreNamedFromTimeToTime() throws {
        let scene = Scene()
        try scene.add(.pcmu, 440, levels: 3)
        try scene.add(.pcmu, 1000, levels: 3)
        try scene.add(.pcmu, 300, levels: 3)
        for _ in 0..<20 { scene.silent.insert(try scene.add(.pcmu, 300)) }
        scene.silent.insert(2)
        scene.run(20)
        for slot in 1..<20 where slot != 2 { scene.room.setMuted(slot, true) }
        scene.run(20)
        scene.sent = []
        scene.run(200)
        var named: Set<UInt32> = []
        var count = 0
        let packets = scene.sent.filter { $0.kind == .rtp && $0.slot == 2 }
        for item in packets {
            item.packet.withUnsafeBytes { packet in
                guard let header = RTPHeader(packet) else { return }
                let sources = (0..<header.csrcCount).compactMap { header.csrc($0, in: packet) }
                let levels = header.element(3, in: packet).map(Array.init) ?? []
                #expect(sources.count == levels.count && sources.first == 100 && (levels.first ?? 127) < 30)
                #expect(levels.dropFirst().allSatisfy { $0 == 127 } && Set(sources).count == sources.count)
                named.formUnion(sources.dropFirst())
                count += sources.count > 1 ? 1 : 0
            }
        }
        #expect(packets.count == 200 && (20...30).contains(count))
        let muted: [UInt32] = (101..<120).filter { $0 != 102 }
        #expect(named == Set(muted))
        // And no longer, once it is not muted.
        for slot in 1..<20 { scene.room.setMuted(slot, false) }
        scene.silent.insert(1)
        scene.run(20)
        scene.sent = []
        scene.run(100)
        for item in scene.sent where item.kind == .rtp && item.slot == 2 {
            #expect(item.packet.withUnsafeBytes { RTPHeader($0)?.csrcCount } == 1)
        }
    }

    @Test func theMutedAreNotHeardAndHear() throws {
        let scene = Scene()
        try scene.add(.pcmu, 440)
        try scene.add(.pcmu, 1000)
        scene.room.setMuted(0, true)
        scene.run(100)
        #expect(scene.heard(1, 440) < -70)
        #expect(abs(scene.heard(0, 1000) + 12) < 1)
    }

    @Test func whoIsHeldGetsNothingAndIsNotHeard() throws {
        let scene = Scene()
        try scene.add(.pcmu, 440)
        try scene.add(.pcmu, 1000)
        var held = settings(.pcmu, ssrc: 1100)
        held.sends = false
        held.receives = false
        try scene.room.update(0, held)
        scene.run(20)
        #expect(scene.sent.allSatisfy { $0.slot == 1 || $0.kind == .rtcp })
        try scene.room.update(0, settings(.pcmu, ssrc: 1100))
        scene.run(100)
        #expect(abs(scene.heard(0, 1000) + 12) < 1)
        #expect(abs(scene.heard(1, 440) + 12) < 1)
        // The clock ran on and the first packet after the pause is marked.
        let first = scene.sent.first { $0.slot == 0 && $0.kind == .rtp }
        #expect((first?.packet[1] ?? 0) & 0x80 != 0)
    }

    @Test func aRoomGrowsWithoutASeamAndTheMutedStayMuted() throws {
        let scene = Scene()
        try scene.add(.opus, 700)
        let listener = try scene.add(.opus, 1900)
        let muted = try scene.add(.opus, 2500)
        scene.silent = [listener]
        scene.room.setMuted(muted, true)
        scene.run(91)
        // More than fit into a page of slots.
        for _ in 0..<40 { scene.silent.insert(try scene.add(.pcmu, 300)) }
        #expect(scene.room.count == 43)
        scene.run(60)
        let heard = scene.peers[listener].heard
        for start in stride(from: 48000, to: heard.count - 960, by: 960) {
            let rms = Goertzel.rms(heard[start..<start + 960])
            #expect(abs(rms - 5820) < 5820 * 0.12, "\(start / 960): \(rms)")
        }
    }

    @Test func ticksThatNobodyMadeAreInTheTimestamps() throws {
        let scene = Scene()
        try scene.add(.pcmu, 440)
        try scene.add(.pcmu, 1000)
        scene.silent = [0]
        scene.run(3)
        scene.room.skip(7)
        scene.run(3)
        let headers = scene.sent.filter { $0.kind == .rtp && $0.slot == 0 }.suffix(6).compactMap { item in
            item.packet.withUnsafeBytes { RTPHeader($0) }
        }
        let steps = zip(headers, headers.dropFirst()).map { Int($1.timestamp &- $0.timestamp) }
        #expect(steps == [160, 160, 160 * 8, 160, 160])
        #expect(headers.map(\.marker) == [true, false, false, true, false, false])
        #expect(zip(headers, headers.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
    }

    @Test func slotsAreUsedAgainAndLegsMoveOut() throws {
        var room = MixRoom(capacity: 2)
        func leg(_ ssrc: UInt32) throws -> MediaLeg {
            try MediaLeg(settings(.pcma, ssrc: ssrc), clock: clock, seed: 1)
        }
        #expect(room.add(try leg(1)) == 0)
        #expect(room.add(try leg(2)) == 1)
        #expect(room.add(try leg(3)) == nil)
        #expect(room.count == 2)
        if let gone = room.remove(0) { #expect(gone.settings.ssrc == 1) } else { Issue.record("not there") }
        #expect(room.remove(0) == nil && room.remove(-1) == nil && room.remove(7) == nil)
        #expect(room.statistics(0) == nil)
        #expect(room.add(try leg(4)) == 0)
        [UInt8](repeating: 0x80, count: 30).withUnsafeBytes { _ = room.receive(9, $0, at: milliseconds(0)) }
    }

    @Test func aCodecMayChangeInACall() throws {
        let scene = Scene()
        try scene.add(.pcmu, 440)
        try scene.add(.opus, 1000)
        scene.run(50)
        try scene.room.update(0, settings(.opus, ssrc: 1100))
        let peer = try Peer(settings(.opus, ssrc: 500), frequency: 440)
        scene.peers[0] = peer
        scene.run(150)
        #expect(abs(scene.heard(0, 1000) + 12) < 1)
        #expect(abs(scene.heard(1, 440) + 12) < 1)
    }

    @Test func reportsGoToEveryoneAndGoodbyeAtTheEnd() throws {
        let scene = Scene()
        try scene.add(.opus, 440)
        try scene.add(.g722, 1000)
        scene.run(600)
        for slot in 0..<2 {
            let reports = scene.sent.filter { $0.slot == slot && $0.kind == .rtcp }
            #expect(reports.count >= 2 && reports.count <= 6)
            #expect(reports.allSatisfy { $0.packet[1] == 200 })
        }
        scene.room.sayGoodbye(0, at: milliseconds(12_000), into: &scene.batch)
        #expect(scene.batch.count == 1)
        scene.batch.drain { slot, kind, packet in
            #expect(slot == 0 && kind == .rtcp)
            packet.withUnsafeBytes { bytes in
                var reader = RTCPReader(bytes)
                var isBye = false
                while let next = reader?.next() { if case .bye(let sources) = next { isBye = sources.contains(1100) } }
                #expect(isBye)
            }
        }
    }

    @Test func aFullBatchLosesPacketsAndNothingElse() throws {
        let scene = Scene()
        scene.batch = PacketBatch(capacity: 1)
        try scene.add(.pcmu, 440)
        try scene.add(.pcmu, 1000)
        scene.run(30)
        #expect(scene.sent.count == 30)
    }

    @Test func keysGoOutInPlaceOfAudio() throws {
        let scene = Scene()
        try scene.add(.pcmu, 440)
        scene.run(10)
        scene.room.sendDigit(0, 7)
        scene.run(30)
        var events: [LegEvent] = []
        while let event = scene.peers[0].leg.events.next() { events.append(event) }
        #expect(events == [.source(1100), .digit(7), .digitEnded(7, milliseconds: 100)])
    }

    @Test func forwardErrorCorrectionFollowsReportedLoss() throws {
        // Opus packets with the low bit rate redundancy of the packet before are larger than those without.
        func octets(lossy: Bool) throws -> Int {
            let scene = Scene()
            try scene.add(.opus, 440)
            try scene.add(.opus, 1000)
            scene.silent = [1]
            scene.run(20)
            if lossy {
                var compound = RTCPCompound(ssrc: 101)
                compound.block = RTCPReportBlock(
                    ssrc: 1101, fractionLost: 40, cumulativeLost: 3, extendedHighest: 9, jitter: 0, lastSR: 0,
                    delaySinceLastSR: 0)
                let memory = Memory()
                let report = memory.packet(compound.write(into: memory.bytes, cname: []))
                report.withUnsafeBytes { _ = scene.room.receive(1, $0, at: milliseconds(500)) }
            }
            scene.run(150)
            return scene.sent.filter { $0.slot == 1 && $0.kind == .rtp }.dropFirst(40).prefix(50).map(\.packet.count)
                .reduce(0, +)
        }
        #expect(Double(try octets(lossy: true)) > Double(try octets(lossy: false)) * 1.1)
    }

    @Test func manyTonesThroughOpusKeepTheirLevels() throws {
        let scene = Scene()
        let tones = [440.0, 1000, 1850]
        for tone in tones { try scene.add(.pcmu, tone) }
        let listener = try scene.add(.opus, 2500)
        scene.run(200)
        for tone in tones { #expect(abs(scene.heard(listener, tone) + 12) < 1) }
        #expect(scene.heard(listener, 2500) < -50)
    }
}
