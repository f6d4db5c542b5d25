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
    _ codec: AudioCodec, ssrc: UInt32 = 1, packetTime: Int = 20, clientLevelID: UInt8? = nil, mixerLevelID: UInt8? = nil
) -> LegMediaSettings {
    LegMediaSettings(
        send: .init(payloadType: 96, codec: codec), receive: [.init(payloadType: 96, codec: codec)],
        sendEvents: .init(payloadType: 101, clockRate: codec.clockRate),
        receiveEvents: [.init(payloadType: 101, clockRate: codec.clockRate)], packetTime: packetTime,
        clientLevelID: clientLevelID, mixerLevelID: mixerLevelID, ssrc: ssrc, cname: "test")
}

extension MediaLeg {
    /// Decodes whatever comes, as no room would.
    mutating func listen() {
        wake(Pool.make(Ear(settings.receive.first?.codec ?? .opus)), with: nil)
    }

    /// A report outside of a room.
    mutating func reportTick(_ now: Instant, into memory: UnsafeMutableRawBufferPointer) -> Int {
        report(now, 0, output, into: memory)
    }

    /// Whether the tick sounds.
    mutating func hearTick(_ now: Instant) -> Bool { (decodeTick(now)?.peak ?? 0) > 8 }
}

/// The other end of a leg: sends a tone, keeps what it hears.
final class Peer {
    var leg: MediaLeg
    var tone: ToneGenerator
    var encoder: AudioEncoder
    var heard: [Int16] = []
    /// RFC 6464 level that its packets carry under identifier 1, and whether it calls them voice.
    var level: (UInt8, isVoice: Bool)?
    private let memory = Memory()
    private let payload = Memory()

    init(_ settings: LegMediaSettings, frequency: Double, level: Double = -12) throws {
        leg = try MediaLeg(settings, clock: clock, seed: UInt64(settings.ssrc))
        encoder = AudioEncoder(leg.kind, MixConfiguration())
        tone = ToneGenerator(frequency: frequency, level: level)
        leg.listen()
    }

    /// The packet of a tick; nil when none ends with it.
    func send(_ tick: UInt64, silent: Bool = false) -> [UInt8]? {
        send(tick, silent ? [Int16](repeating: 0, count: 960) : frame(&tone))
    }

    func send(_ tick: UInt64, _ samples: [Int16]) -> [UInt8]? {
        let room = UnsafeMutableRawBufferPointer(rebasing: payload.bytes[..<1275])
        let length = encoder.encode(samples, tick: tick, into: room)
        return length > 0 ? pack(tick, UnsafeRawBufferPointer(rebasing: payload.bytes[..<length])) : nil
    }

    /// A packet around a payload.
    func pack(_ tick: UInt64, _ payload: UnsafeRawBufferPointer) -> [UInt8]? {
        var tail: [UInt8] = []
        if let level { tail = [0xbe, 0xde, 0, 1, 0x10, level.0 | (level.isVoice ? 0x80 : 0), 0, 0] }
        let length = tail.withUnsafeBytes {
            leg.output.pack(payload, tick, $0, contributors: tail.isEmpty ? 0 : 0x10, into: memory.bytes)
        }
        return length > 0 ? memory.packet(length) : nil
    }

    func receive(_ packet: [UInt8], at now: Instant) {
        packet.withUnsafeBytes { _ = leg.receive($0, at: now) }
    }

    func hear(_ now: Instant) {
        guard leg.decodeTick(now) != nil, let ear = leg.ear else { return }
        heard += UnsafeBufferPointer(start: ear.pointee.frame.samples, count: 960)
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
