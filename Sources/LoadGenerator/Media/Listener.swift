import Media
import Primitives

/// A participant whose sound is decoded: for the marker, for a recording, or for both.
struct Listener: ~Copyable {
    let participant: Int
    private let decoder: FrameDecoder
    private var finder: ToneFinder?
    private let samples: UnsafeMutablePointer<Int16>
    private let recordingPath: String?
    private var recorded: [Int16] = []
    private var recordedUntil: UInt32?
    private(set) var delays: [Int64] = []
    private var lastSent: Int64 = 0

    init(_ participant: Int, _ codec: LoadCodec, finds: Bool, recording: String?, length: Duration) {
        self.participant = participant
        decoder = FrameDecoder(codec)
        finder = finds ? ToneFinder(rate: codec.sampleRate) : nil
        recordingPath = recording
        samples = .allocate(capacity: 5760)
        if recording != nil { recorded.reserveCapacity(min(Int(length.inSeconds + 30), 3600) * codec.sampleRate) }
    }

    deinit { samples.deallocate() }

    /// Hears a packet.
    /// - Parameter arrival: nanoseconds of the monotonic clock.
    mutating func hear(_ payload: UnsafeRawBufferPointer, timestamp: UInt32, arrival: Int64) {
        let count = decoder.decode(payload, into: samples)
        guard count > 0, count <= 5760 else { return }
        let heard = UnsafeBufferPointer(start: samples, count: count)
        finder?.hear(heard, label: arrival)
        if recordingPath != nil { record(heard, timestamp) }
    }

    /// Puts sound where its timestamp says, with silence where there is none.
    private mutating func record(_ heard: UnsafeBufferPointer<Int16>, _ timestamp: UInt32) {
        let scale = max(1, decoder.codec.sampleRate / decoder.codec.clockRate)
        if let recordedUntil {
            let missing = Int(Int32(bitPattern: timestamp &- recordedUntil))
            guard missing >= 0 else { return }
            // Further than ten seconds is a new stream.
            if missing < 10 * decoder.codec.clockRate {
                recorded.append(contentsOf: repeatElement(0, count: missing * scale))
            }
        }
        recorded.append(contentsOf: heard)
        recordedUntil = timestamp &+ UInt32(heard.count / scale)
    }

    /// Bursts that began since last asked, each with the arrival of the packet that brought it.
    mutating func takeOnsets() -> [Int64] { finder?.takeOnsets() ?? [] }

    /// A burst was heard that was sent then: the first onset after it counts, another is something else.
    mutating func note(_ arrival: Int64, sent: Int64) {
        guard sent != lastSent else { return }
        lastSent = sent
        delays.append(arrival - sent)
    }

    /// Measuring begins: what was heard before does not count and is not recorded.
    mutating func forget() {
        delays = []
        recorded.removeAll(keepingCapacity: true)
        recordedUntil = nil
        finder?.forgetCounts()
    }

    var hearing: MediaResults.MarkerHearing? {
        finder.map {
            MediaResults.MarkerHearing(
                participant: participant, delays: delays, heard: $0.heard, broken: $0.broken)
        }
    }

    func write() throws(LoadError) {
        guard let recordingPath else { return }
        try WAVFile(rate: decoder.codec.sampleRate, samples: recorded).write(to: recordingPath)
    }
}
