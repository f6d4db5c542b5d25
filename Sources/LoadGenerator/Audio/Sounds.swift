import Media
import Primitives

/// All that a run's participants say, encoded once, and who says what.
struct Sounds: Sendable {
    /// Frames of 20 ms in a loop: a whole number of packets of 120 ms too.
    static let frames = 1020
    /// Different voices that are made up; more talkers than these start at other places.
    static let voices = 6

    private(set) var loops: [TalkLoop] = []
    private struct Choice: Hashable {
        var key: Int
        var codec: LoadCodec
    }

    private var choices: [Choice: Int] = [:]
    private let options: LoadOptions
    /// By sample rate.
    private var signals: [Int: [[Int16]]] = [:]

    init(_ options: LoadOptions) throws(LoadError) {
        self.options = options
        let talkers = (0..<options.participants).reduce(0) { $0 + (options.isTalker($1) ? 1 : 0) }
        for rate in Set([options.codec(of: 0).sampleRate, options.codec(of: 1).sampleRate]) {
            if options.speech.isEmpty {
                signals[rate] = (0..<min(talkers, Sounds.voices)).map { Sounds.voice($0, rate, options.seed) }
            } else {
                var files: [[Int16]] = []
                for path in options.speech { files.append(try Sounds.read(path, rate)) }
                signals[rate] = files
            }
        }
    }

    /// The loop of a participant and where it begins in it; nil when it sends nothing.
    mutating func loop(for participant: Int) throws(LoadError) -> (loop: TalkLoop, start: Int)? {
        let talks = options.isTalker(participant)
        let codec = options.codec(of: participant)
        let isMarker = options.marker && participant == 0
        if let file = options.sounds.first(where: { $0.participant == participant }) {
            let signal = try Sounds.read(file.path, codec.sampleRate)
            return (try add(signal, codec, for: -1000 - participant), 0)
        }
        if isMarker {
            var signal = talks ? self.signal(0, codec) : silence(codec)
            let onsets = Marker.put(into: &signal, rate: codec.sampleRate)
            return (try add(signal, codec, for: -1, onsets: onsets), 0)
        }
        let bad = options.badInput(of: participant)
        if bad == .long || bad == .stereo, codec == .opus {
            let loop = try TalkLoop(
                talks ? signal(0, codec) : silence(codec), .opus, bitRate: options.opusBitRate,
                packing: bad == .long ? 6 : 1,
                alternatingStereo: bad == .stereo)
            return (try keep(loop, codec, for: bad == .long ? -2 : -3), 0)
        }
        if talks, let count = signals[codec.sampleRate]?.count, count > 0 {
            let voice = participant % count
            return (try add(signal(voice, codec), codec, for: voice), participant / count * 37)
        }
        switch options.rest {
        case .nothing: return nil
        case .noise: return (try add(noise(codec), codec, for: -4), participant * 37)
        default: return (try add(silence(codec), codec, for: -5), 0)
        }
    }

    private mutating func add(
        _ signal: [Int16], _ codec: LoadCodec, for key: Int, onsets: [Int] = []
    ) throws(LoadError) -> TalkLoop {
        if let known = choices[Choice(key: key, codec: codec)] { return loops[known] }
        return try keep(
            TalkLoop(
                signal, codec, bitRate: options.opusBitRate, isDTX: options.rest == .dtx, onsets: onsets),
            codec, for: key)
    }

    private mutating func keep(
        _ loop: TalkLoop, _ codec: LoadCodec, for key: Int
    ) throws(LoadError) -> TalkLoop {
        let choice = Choice(key: key, codec: codec)
        if let known = choices[choice] { return loops[known] }
        choices[choice] = loops.count
        loops.append(loop)
        return loop
    }

    private func signal(_ voice: Int, _ codec: LoadCodec) -> [Int16] {
        guard let signals = signals[codec.sampleRate], !signals.isEmpty else { return silence(codec) }
        return signals[voice % signals.count]
    }

    private func silence(_ codec: LoadCodec) -> [Int16] {
        Array(repeating: 0, count: Sounds.frames * codec.frameSamples)
    }

    private func noise(_ codec: LoadCodec) -> [Int16] {
        var numbers = SplitMix64(options.seed)
        // Uniform between ±57 has the level -60 dBFS.
        return (0..<(Sounds.frames * codec.frameSamples)).map { _ in Int16.random(in: -57...57, using: &numbers)
        }
    }

    private static func voice(_ number: Int, _ rate: Int, _ seed: UInt64) -> [Int16] {
        var source = SpeechSource(seed: seed &+ UInt64(number), activity: 0.85, rate: rate)
        return [Int16](unsafeUninitializedCapacity: frames * rate / 50) { memory, count in
            count = memory.count
            if let base = memory.baseAddress { source.generate(into: base, count: count) }
        }
    }

    /// A file, brought to the codec's rate and filled up to whole packets.
    private static func read(_ path: String, _ rate: Int) throws(LoadError) -> [Int16] {
        var samples = try WAVFile(reading: path).resampled(to: rate)
        let packet = rate * 12 / 100
        let over = samples.count % packet
        if over > 0 || samples.isEmpty { samples += Array(repeating: 0, count: packet - over) }
        return samples
    }
}

extension LoadOptions {
    /// What a participant does wrong, if anything: the kinds follow each other from the last participant downwards, so
    /// that the first, who talk and listen, behave.
    func badInput(of participant: Int) -> BadInput? {
        var end = Double(participants)
        for kind in BadInput.allCases {
            guard let share = bad[kind], share > 0 else { continue }
            let count = max(1, (share * Double(participants)).rounded())
            if Double(participant) < end, Double(participant) >= end - count { return kind }
            end -= count
        }
        return nil
    }
}
