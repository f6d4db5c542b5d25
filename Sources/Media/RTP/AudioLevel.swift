#if canImport(Glibc)
    import Glibc
#endif

/// Audio levels as RTP carries them.
public enum AudioLevel {
    /// What a client says of its own packet (RFC 6464 section 3).
    public struct Client: Sendable, Hashable {
        /// -dBov, 0 (loudest) … 127 (silence).
        public var level: UInt8
        public var isVoice: Bool
    }

    /// The client-to-mixer level of a packet; nil when it carries none under that identifier.
    public static func client(id: UInt8, in packet: UnsafeRawBufferPointer, _ header: RTPHeader) -> Client? {
        guard let element = header.element(id, in: packet), let first = element.first else { return nil }
        return Client(level: first & 0x7f, isVoice: first & 0x80 != 0)
    }

    /// The level of samples in -dBov, 0…127, root mean square against full scale.
    static func measure(_ samples: UnsafePointer<Int16>, _ count: Int) -> UInt8 {
        guard count > 0 else { return 127 }
        var energy: Int64 = 0
        for index in 0..<count {
            let sample = Int64(samples[index])
            energy &+= sample &* sample
        }
        guard energy > 0 else { return 127 }
        let meanSquare = Double(energy) / Double(count) / (32768 * 32768)
        let level = -10 * log10(meanSquare)
        return UInt8(min(max(level.rounded(), 0), 127))
    }

    /// The largest magnitude among samples; 32767 for -32768 too.
    static func peak(_ samples: UnsafePointer<Int16>, _ count: Int) -> Int16 {
        var peak: Int16 = 0
        for index in 0..<count {
            let sample = samples[index]
            peak = max(peak, sample == .min ? .max : abs(sample))
        }
        return peak
    }
}
