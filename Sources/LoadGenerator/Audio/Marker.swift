import Glibc

/// The burst by which delay is measured: a tone of 200 ms every second, at the start of a frame.
enum Marker {
    static let frequency = 1850.0
    static let amplitude = 9_000.0
    static let length = Duration.milliseconds(200)
    static let interval = Duration.seconds(1)
    /// Kept quiet before and after each burst, so that the onset stands out of the talker's own speech.
    static let margin = Duration.milliseconds(60)

    /// Puts a burst into the middle of each second; gives the samples at which they begin.
    static func put(into samples: inout [Int16], rate: Int) -> [Int] {
        let length = rate / 5
        let margin = rate * 6 / 100
        var onsets: [Int] = []
        var start = rate / 2
        while start + length + margin <= samples.count {
            for index in (start - margin)..<(start + length + margin) { samples[index] = 0 }
            for index in 0..<length {
                // One millisecond of rise and fall, against clicks.
                let edge = min(1, Double(min(index, length - index)) * 1000 / Double(rate))
                samples[start + index] = Int16(
                    amplitude * edge * sin(2 * Double.pi * frequency * Double(index) / Double(rate)))
            }
            onsets.append(start)
            start += rate
        }
        return onsets
    }
}
