/// ITU-T G.711, in arithmetic: eight segments of sixteen steps each.
enum G711 {
    /// µ-law of a sample.
    static func ulaw(_ sample: Int16) -> UInt8 {
        let magnitude = min(abs(Int32(sample)), 32635) + 132
        let segment = Int32(24 - magnitude.leadingZeroBitCount)
        let step = magnitude >> (segment + 3) & 15
        let sign: Int32 = sample < 0 ? 0x80 : 0
        return ~UInt8(truncatingIfNeeded: sign | segment << 4 | step)
    }

    /// The sample a µ-law byte stands for.
    static func linear(ulaw byte: UInt8) -> Int16 {
        let bits = Int32(~byte)
        let magnitude = ((bits & 15) << 3 + 132) << (bits >> 4 & 7) - 132
        return Int16(truncatingIfNeeded: bits & 0x80 != 0 ? -magnitude : magnitude)
    }

    /// A-law of a sample.
    static func alaw(_ sample: Int16) -> UInt8 {
        let magnitude = sample < 0 ? Int32(~sample) : Int32(sample)
        let segment = magnitude < 256 ? 0 : Int32(24 - magnitude.leadingZeroBitCount)
        let step = magnitude >> (segment == 0 ? 4 : segment + 3) & 15
        let sign: Int32 = sample < 0 ? 0 : 0x80
        return UInt8(truncatingIfNeeded: sign | segment << 4 | step) ^ 0x55
    }

    /// The sample an A-law byte stands for.
    static func linear(alaw byte: UInt8) -> Int16 {
        let bits = Int32(byte ^ 0x55)
        let segment = bits >> 4 & 7
        let step = (bits & 15) << 4 + 8
        let magnitude = segment == 0 ? step : (step + 256) << (segment - 1)
        return Int16(truncatingIfNeeded: bits & 0x80 != 0 ? magnitude : -magnitude)
    }

    /// Mean square of the samples of a µ-law payload; 0 for an empty one.
    static func energy(ulaw payload: UnsafeRawBufferPointer) -> Double {
        guard payload.count > 0 else { return 0 }
        var sum: Int64 = 0
        for byte in payload {
            let sample = Int64(linear(ulaw: byte))
            sum &+= sample &* sample
        }
        return Double(sum) / Double(payload.count)
    }

    /// Mean square of the samples of an A-law payload; 0 for an empty one.
    static func energy(alaw payload: UnsafeRawBufferPointer) -> Double {
        guard payload.count > 0 else { return 0 }
        var sum: Int64 = 0
        for byte in payload {
            let sample = Int64(linear(alaw: byte))
            sum &+= sample &* sample
        }
        return Double(sum) / Double(payload.count)
    }
}
