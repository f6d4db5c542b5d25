import Primitives

@testable import Media

/// Legs around a room on a virtual clock, each of which says what a test wants it to say.
final class Stage {
    /// What a leg says in a tick; nil sends nothing.
    typealias Voice = (UInt64) -> [Int16]?

    static let silence = [Int16](repeating: 0, count: 960)

    var room: MixRoom
    var peers: [Peer] = []
    var voices: [Voice] = []
    /// Slots whose packets carry levels (RFC 6464), and call loud ones voice.
    var tellsLevel: Set<Int> = []
    /// Instead of what the voice and the encoder make.
    var payloads: [Int: (UInt64) -> [UInt8]?] = [:]
    var batch = PacketBatch(capacity: 256)
    var tick: UInt64 = 0
    /// Packets as they left the room, of the last run.
    var sent: [(tick: UInt64, slot: Int, kind: PacketKind, packet: [UInt8])] = []
    /// The common mix as the room made it.
    var mixed: [Int16] = []

    /// - Parameter passes: whether a lone talker's packets go through as they are.
    init(_ configuration: MixConfiguration = MixConfiguration(), passes: Bool = false) {
        var configuration = configuration
        configuration.gainControl = false
        configuration.passThrough = passes
        room = MixRoom(capacity: 4096, configuration: configuration)
    }

    @discardableResult
    func add(
        _ codec: AudioCodec, levels: Bool = false, profile: OpusProfile = .standard, bitRate: Int = 32000,
        _ voice: @escaping Voice
    ) throws -> Int {
        let ssrc = UInt32(peers.count) + 100
        let peer = try Peer(settings(codec, ssrc: ssrc), frequency: 440)
        var configuration = MixConfiguration()
        configuration.opusBitRate = bitRate
        peer.encoder = AudioEncoder(
            AudioEncoder.Class(codec: codec, ticksPerPacket: 1, opus: profile), configuration)
        peers.append(peer)
        voices.append(voice)
        let leg = try MediaLeg(
            settings(codec, ssrc: ssrc + 1000, clientLevelID: levels ? 1 : nil), clock: clock, seed: UInt64(ssrc))
        let slot = room.add(leg) ?? -1
        if levels { tellsLevel.insert(slot) }
        return slot
    }

    func now(_ tick: UInt64) -> Instant { milliseconds(Int64(tick) * 20) }

    /// The packet of a leg in a tick.
    func packet(_ slot: Int, _ tick: UInt64) -> [UInt8]? {
        let samples = voices[slot](tick)
        if tellsLevel.contains(slot), let samples {
            let level = AudioLevel.measure(samples, 960)
            peers[slot].level = (level, isVoice: level < 50)
        }
        if let payload = payloads[slot] {
            return payload(tick).flatMap { bytes in bytes.withUnsafeBytes { peers[slot].pack(tick, $0) } }
        }
        return samples.flatMap { peers[slot].send(tick, $0) }
    }

    func run(_ ticks: Int) {
        sent.removeAll()
        for _ in 0..<ticks {
            for slot in peers.indices {
                guard let packet = packet(slot, tick) else { continue }
                packet.withUnsafeBytes { _ = room.receive(slot, $0, at: now(tick) + .milliseconds(3)) }
            }
            step()
        }
    }

    func step() {
        let due = now(tick) + .milliseconds(15)
        room.tick(due: due, now: due, into: &batch)
        mixed += room.heard > 0 ? Array(UnsafeBufferPointer(start: room.common.samples, count: 960)) : Self.silence
        let tick = tick
        batch.drain { slot, kind, packet in sent.append((tick, slot, kind, packet)) }
        self.tick += 1
    }

    var isSilent: Bool { room.isSilent }
    func isAwake(_ slot: Int) -> Bool { room.table.leg(slot).pointee.isAwake }
    func isReady(_ due: Instant) -> Bool { room.isReady(for: due) }
    var rtp: Int { sent.count { $0.kind == .rtp } }
}

func steadyTone(_ frequency: Double, level: Double = -12) -> Stage.Voice {
    var tone = ToneGenerator(frequency: frequency, level: level)
    return { _ in frame(&tone) }
}

/// Speech that begins at once, with noise of a room before it.
func speech(from start: UInt64, noise: Double = -80, seed: UInt64 = 3, level: Double = -20) -> Stage.Voice {
    var source = SpeechSource(seed: seed, level: level, noise: noise, activity: 0.95)
    var silence = SpeechSource(seed: seed + 50, level: -90, noise: noise, activity: 0.1)
    var samples = [Int16](repeating: 0, count: 960)
    func next(_ source: inout SpeechSource) -> [Int16] {
        samples.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { source.generate(into: base, count: 960) }
        }
        return samples
    }
    while !source.isSpeaking { _ = next(&source) }
    return { tick in tick < start ? next(&silence) : next(&source) }
}
