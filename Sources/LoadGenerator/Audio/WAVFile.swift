import Glibc

/// RIFF/WAVE with 16-bit PCM, as much of it as speech and recordings need.
struct WAVFile: Hashable {
    var rate: Int
    /// One channel; several were averaged.
    var samples: [Int16]

    init(rate: Int, samples: [Int16]) {
        self.rate = rate
        self.samples = samples
    }

    init(reading path: String) throws(LoadError) {
        guard let file = fopen(path, "rb") else { throw LoadError("cannot open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&part, 1, part.count, file)
            if count == 0 { break }
            bytes += part[..<count]
            guard bytes.count < 1 << 29 else { throw LoadError("\(path) is too large") }
        }
        do throws(LoadError) { try self.init(bytes: bytes) } catch { throw LoadError("\(path): \(error)") }
    }

    init(bytes: [UInt8]) throws(LoadError) {
        func word(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { offset + $1 < bytes.count ? $0 | Int(bytes[offset + $1]) << (8 * $1) : $0 }
        }
        guard bytes.count >= 12, bytes[0..<4].elementsEqual("RIFF".utf8), bytes[8..<12].elementsEqual("WAVE".utf8)
        else { throw LoadError("no WAVE file") }
        var offset = 12
        var channels = 0
        rate = 0
        samples = []
        while offset + 8 <= bytes.count {
            let length = word(offset + 4, 4)
            let start = offset + 8
            let end = min(start + length, bytes.count)
            if bytes[offset..<(offset + 4)].elementsEqual("fmt ".utf8), length >= 16 {
                let format = word(start, 2)
                channels = word(start + 2, 2)
                rate = word(start + 4, 4)
                guard format == 1 || format == 0xfffe, word(start + 14, 2) == 16, (1...8).contains(channels),
                    (8_000...192_000).contains(rate)
                else { throw LoadError("only 16-bit PCM of 8 to 192 kHz can be read") }
            } else if bytes[offset..<(offset + 4)].elementsEqual("data".utf8), channels > 0 {
                let frames = (end - start) / (2 * channels)
                samples = (0..<frames).map { frame in
                    var sum = 0
                    for channel in 0..<channels {
                        let place = start + 2 * (frame * channels + channel)
                        sum += Int(Int16(truncatingIfNeeded: word(place, 2)))
                    }
                    return Int16(clamping: sum / channels)
                }
                return
            }
            offset = end + length % 2
        }
        throw LoadError("no sound in the WAVE file")
    }

    var bytes: [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let size = samples.count * 2
        var bytes = Array("RIFF".utf8) + little(36 + size, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
        bytes += little(1, 2) + little(1, 2) + little(rate, 4) + little(rate * 2, 4) + little(2, 2) + little(16, 2)
        bytes += Array("data".utf8) + little(size, 4)
        bytes.reserveCapacity(bytes.count + size)
        for sample in samples {
            bytes.append(UInt8(truncatingIfNeeded: sample))
            bytes.append(UInt8(truncatingIfNeeded: sample >> 8))
        }
        return bytes
    }

    func write(to path: String) throws(LoadError) {
        guard let file = fopen(path, "wb") else { throw LoadError("cannot write \(path)") }
        defer { fclose(file) }
        let bytes = bytes
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw LoadError("cannot write \(path)") }
    }

    /// At another rate, by a windowed sinc.
    func resampled(to target: Int) -> [Int16] {
        guard target != rate, !samples.isEmpty else { return samples }
        let step = Double(rate) / Double(target)
        let cutoff = min(1, 1 / step)
        let reach = Int((16 / cutoff).rounded(.up))
        let count = Int(Double(samples.count) / step)
        return (0..<count).map { index in
            let centre = Double(index) * step
            let middle = Int(centre)
            var sum = 0.0
            for place in max(0, middle - reach + 1)...min(samples.count - 1, middle + reach) {
                let distance = (Double(place) - centre) * cutoff
                let sinc = distance == 0 ? 1 : sin(Double.pi * distance) / (Double.pi * distance)
                let window = 0.5 + 0.5 * cos(Double.pi * (Double(place) - centre) / Double(reach + 1))
                sum += Double(samples[place]) * sinc * window * cutoff
            }
            return Int16(clamping: Int(sum.rounded()))
        }
    }
}
