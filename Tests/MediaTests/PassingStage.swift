@testable import Media

/// What one who listens gets of a room, tick by tick, and how it sounds without a jitter buffer.
final class Hearing {
    let slot: Int
    private var decoder: AudioDecoder
    private let codec: AudioCodec
    private let frame = SampleBuffer(count: AudioDecoder.longestPacket)
    private var last: (header: RTPHeader, tick: UInt64)?
    private(set) var heard: [Int16] = []
    /// Packets that are missing in the sequence.
    private(set) var gaps = 0
    private(set) var packets = 0
    private(set) var markers = 0
    /// Timestamps that do not go with the ticks, and sequence numbers that go back.
    private(set) var faults = 0
    /// Ticks without a packet since the last.
    private(set) var longestPause = 0
    private var pause = 0

    init(_ slot: Int, _ codec: AudioCodec = .opus) {
        self.slot = slot
        self.codec = codec
        decoder = AudioDecoder(codec)
    }

    /// What the room sent in a tick.
    func tick(_ stage: Stage, _ tick: UInt64) {
        var count = 0
        for sent in stage.sent where sent.tick == tick && sent.slot == slot && sent.kind == .rtp {
            sent.packet.withUnsafeBytes { packet in
                guard let header = RTPHeader(packet) else { return faults += 1 }
                take(header, header.payload(in: packet), tick)
                count += 1
            }
        }
        if count == 0 { _ = decoder.conceal(960, into: frame.samples) }
        pause = count == 0 ? pause + 1 : 0
        longestPause = max(longestPause, pause)
        if count > 1 { faults += 1 }
        heard += UnsafeBufferPointer(start: frame.samples, count: 960)
    }

    private func take(_ header: RTPHeader, _ payload: UnsafeRawBufferPointer, _ tick: UInt64) {
        packets += 1
        if header.marker { markers += 1 }
        if let last {
            let step = Int(Int16(bitPattern: header.sequence &- last.header.sequence))
            if step < 1 { faults += 1 }
            gaps += max(step - 1, 0)
            let time = Int(Int32(bitPattern: header.timestamp &- last.header.timestamp))
            if time != Int(tick - last.tick) * Int(codec.clockPerTick) { faults += 1 }
        }
        last = (header, tick)
        if payload.count == 1 {
            _ = decoder.conceal(960, into: frame.samples)
        } else {
            let count = decoder.decode(payload, codec, into: frame.samples)
            if count != 960 { faults += 1 }
        }
    }
}

extension Stage {
    var isPassing: Bool { room.passing.isOn }

    /// The payloads that a leg was sent in the last run, with their ticks.
    func payloads(to slot: Int) -> [(tick: UInt64, payload: [UInt8])] {
        sent.filter { $0.slot == slot && $0.kind == .rtp }.compactMap { sent in
            sent.packet.withUnsafeBytes { packet in
                RTPHeader(packet).map { (sent.tick, Array($0.payload(in: packet))) }
            }
        }
    }
}

/// Samples as a voice, from a tick on; then silence that is sent, or nothing.
func voice(_ samples: [Int16], from start: UInt64 = 0, isSent: Bool = true) -> Stage.Voice {
    { tick in
        let place = (Int(tick) - Int(start)) * 960
        guard place >= 0, place + 960 <= samples.count else { return isSent ? Stage.silence : nil }
        return Array(samples[place..<place + 960])
    }
}
