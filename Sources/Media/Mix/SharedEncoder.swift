/// The common mix in one codec setting: encoded once a tick, for everybody of the class who is not heard.
struct SharedEncoder: ~Copyable {
    private(set) var encoder: AudioEncoder
    private let memory: UnsafeMutableRawBufferPointer
    private var length = 0
    /// Worst loss of the listeners so far, in per cent.
    var loss = 0
    private var lastTick: UInt64?

    init(_ kind: AudioEncoder.Class, _ configuration: MixConfiguration) {
        encoder = AudioEncoder(kind, configuration)
        memory = .allocate(byteCount: PacketLimits.size, alignment: 16)
    }

    deinit { memory.deallocate() }

    /// The tick's payload, valid until the next tick; empty when no packet ends with it.
    mutating func payload(_ frame: UnsafePointer<Int16>, tick: UInt64) -> UnsafeRawBufferPointer {
        if lastTick != tick {
            lastTick = tick
            length = encoder.encode(frame, tick: tick, into: memory)
        }
        return UnsafeRawBufferPointer(rebasing: memory[..<length])
    }
}
