import Glibc

/// A signal encoded once, to be sent round and round by many.
///
/// `@unchecked Sendable`: its memory is written in `init` alone.
final class TalkLoop: @unchecked Sendable {
    struct Frame {
        var offset: UInt32
        /// 0 when there is nothing to send (DTX).
        var length: UInt16
        /// -dBov and the voice bit, as RFC 6464 has it.
        var level: UInt8
        /// A burst of the marker begins with this frame.
        var isOnset: Bool
    }

    private let bytes: UnsafeMutableRawBufferPointer
    private let frames: UnsafeMutableBufferPointer<Frame>
    /// Frames of 20 ms in each packet.
    let packing: Int

    var count: Int { frames.count }

    /// Encodes a signal whose length is a whole number of packets.
    ///
    /// The end is encoded once before the beginning and thrown away, so that the encoder knows what comes before it.
    init(
        _ samples: [Int16], _ codec: LoadCodec, bitRate: Int, isDTX: Bool = false, onsets: [Int] = [],
        packing: Int = 1, alternatingStereo: Bool = false
    ) throws(LoadError) {
        let length = codec.frameSamples * packing
        let packets = samples.count / length
        guard packets > 0 else { throw LoadError("a sound is shorter than a packet") }
        let encoder = try FrameEncoder(codec, bitRate: bitRate, isDTX: isDTX)
        let stereo = try FrameEncoder(codec, bitRate: bitRate, channels: alternatingStereo ? 2 : 1)
        let starts = Set(onsets.map { $0 / length })
        var encoded: [UInt8] = []
        var list: [Frame] = []
        samples.withUnsafeBufferPointer { samples in
            guard let base = samples.baseAddress else { return }
            for packet in max(0, packets - 5)..<packets { _ = encoder.encode(base + packet * length, length) }
            for packet in 0..<packets {
                let start = base + packet * length
                var payload: [UInt8]
                if alternatingStereo, packet % 2 == 1 {
                    let both = (0..<(2 * length)).map { start[$0 / 2] }
                    payload = both.withUnsafeBufferPointer { $0.baseAddress.map { stereo.encode($0, length) } ?? [] }
                } else {
                    payload = encoder.encode(start, length)
                }
                let level = TalkLoop.level(start, length)
                // An Opus packet of two bytes and less need not be sent (RFC 6716 section 2.1.9).
                if isDTX, codec == .opus ? payload.count <= 2 : level >= 127 { payload = [] }
                list.append(
                    Frame(
                        offset: UInt32(encoded.count), length: UInt16(payload.count),
                        level: (level < 50 ? 0x80 : 0) | level, isOnset: starts.contains(packet)))
                encoded += payload
            }
        }
        bytes = .allocate(byteCount: max(encoded.count, 1), alignment: 16)
        bytes.copyBytes(from: encoded)
        frames = .allocate(capacity: list.count)
        _ = frames.initialize(from: list)
        self.packing = packing
    }

    deinit {
        bytes.deallocate()
        frames.deallocate()
    }

    /// A frame; any number will do.
    func frame(_ index: Int) -> Frame { frames[index % frames.count] }

    func payload(_ frame: Frame) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(frame.offset)..<(Int(frame.offset) + Int(frame.length))])
    }

    /// Root mean square in -dBov, 0…127.
    private static func level(_ samples: UnsafePointer<Int16>, _ count: Int) -> UInt8 {
        var energy = 0.0
        for index in 0..<count { energy += Double(samples[index]) * Double(samples[index]) }
        guard energy > 0 else { return 127 }
        return UInt8(min(max((-10 * log10(energy / Double(count) / 1_073_741_824)).rounded(), 0), 127))
    }
}
