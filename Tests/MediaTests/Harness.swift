import Primitives

@testable import Media

func frame(_ tone: inout ToneGenerator) -> [Int16] {
    [Int16](unsafeUninitializedCapacity: 960) { buffer, count in
        if let base = buffer.baseAddress { tone.generate(into: base, count: 960) }
        count = 960
    }
}

/// Memory for packets.
final class Memory {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
        byteCount: PacketLimits.size + PacketLimits.headroom, alignment: 16)
    deinit { bytes.deallocate() }
    func packet(_ length: Int) -> [UInt8] { Array(bytes[..<length]) }
}

func milliseconds(_ value: Int64) -> Instant { Instant(nanoseconds: value * 1_000_000 + 1_000_000_000_000) }

let clock = MediaClock(instant: milliseconds(0), wall: WallTime(milliseconds: 1_767_225_600_000))

func settings(
    _ codec: AudioCodec, ssrc: UInt32 = 1, packetTime: Int = 20, mixerLevelID: UInt8? = nil
) -> LegMediaSettings {
    LegMediaSettings(
        send: .init(payloadType: 96, codec: codec), receive: [.init(payloadType: 96, codec: codec)],
        sendEvents: .init(payloadType: 101, clockRate: codec.clockRate),
        receiveEvents: [.init(payloadType: 101, clockRate: codec.clockRate)], packetTime: packetTime,
        mixerLevelID: mixerLevelID, ssrc: ssrc, cname: "test")
}

/// The other end of a leg: sends a tone, keeps what it hears.
final class Peer {
    var leg: MediaLeg
    var tone: ToneGenerator
    var heard: [Int16] = []
    private let memory = Memory()

    init(_ settings: LegMediaSettings, frequency: Double, level: Double = -12) throws {
        leg = try MediaLeg(settings, clock: clock, seed: UInt64(settings.ssrc))
        tone = ToneGenerator(frequency: frequency, level: level)
    }

    /// The packet of a tick; nil when none ends with it.
    func send(_ tick: UInt64, silent: Bool = false) -> [UInt8]? {
        let samples = silent ? [Int16](repeating: 0, count: 960) : frame(&tone)
        let length = leg.encodeTick(samples, tick: tick, contributors: Contributors(), into: memory.bytes)
        leg.endTick()
        return length > 0 ? memory.packet(length) : nil
    }

    func receive(_ packet: [UInt8], at now: Instant) {
        packet.withUnsafeBytes { leg.receive($0, at: now) }
    }

    func hear(_ now: Instant) {
        _ = leg.decodeTick(now, silence: 8)
        heard += UnsafeBufferPointer(start: leg.frame.samples, count: 960)
    }
}

extension PacketBatch {
    mutating func drain(_ body: (_ slot: Int, _ kind: PacketKind, _ packet: [UInt8]) -> Void) {
        for index in 0..<count {
            let entry = self[index]
            body(entry.slot, entry.kind, Array(entry.memory[..<entry.length]))
        }
        removeAll()
    }
}
