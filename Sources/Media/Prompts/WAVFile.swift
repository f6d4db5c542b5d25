import Primitives

/// The samples of a RIFF/WAVE file: PCM of 16 bits, one channel, at a rate that goes into 48 kHz, or at that of synthesisers.
struct WAVFile {
    let rate: Int
    let samples: [Int16]

    /// Longest recording: a minute.
    private static let longest = 60

    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard reader.take(4)?.elementsEqual("RIFF".utf8) == true, reader.skip(4),
            reader.take(4)?.elementsEqual("WAVE".utf8) == true
        else { return nil }
        var found: Int?
        while let name = reader.take(4), let size = reader.u32().map({ Int($0.byteSwapped) }) {
            // The last chunk may be cut off, or say that it is longer than it is.
            guard let body = reader.take(min(size, reader.remaining)) else { return nil }
            if size & 1 == 1 { reader.skip(1) }
            if name.elementsEqual("fmt ".utf8) {
                guard let rate = WAVFile.rate(of: body) else { return nil }
                found = rate
            } else if name.elementsEqual("data".utf8) {
                guard let rate = found else { return nil }
                var data = ByteReader(body)
                var samples: [Int16] = []
                samples.reserveCapacity(min(body.count / 2, rate * WAVFile.longest))
                while samples.count < rate * WAVFile.longest, let sample = data.u16() {
                    samples.append(Int16(bitPattern: sample.byteSwapped))
                }
                self.rate = rate
                self.samples = samples
                return
            }
        }
        return nil
    }

    private static func rate(of format: ArraySlice<UInt8>) -> Int? {
        var reader = ByteReader(format)
        guard let tag = reader.u16()?.byteSwapped, tag == 1 || tag == 0xfffe, reader.u16()?.byteSwapped == 1,
            let rate = reader.u32().map({ Int($0.byteSwapped) }), [8000, 16_000, 22_050, 48_000].contains(rate),
            reader.skip(6), reader.u16()?.byteSwapped == 16
        else { return nil }
        return rate
    }
}
