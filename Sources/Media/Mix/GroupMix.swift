/// What the legs of one group are sent: the mix without any of theirs, as they hear each other elsewhere. Encoded once
/// for each codec setting.
struct GroupMix: ~Copyable {
    /// By the index of their class; made when the first of the class comes.
    private let encoders: UnsafeMutablePointer<UnsafeMutablePointer<SharedEncoder>?>
    private(set) var kinds: [Int] = []
    /// Legs of the group.
    var members = 0
    /// Those of the group who are heard in this tick, and how many they are.
    var own = MixSum()
    var heard = 0
    /// Those of it who left at once.
    var farewell = Farewell()
    /// Who is heard and not of the group.
    var contributors = Contributors()
    var tails = HeaderTail()
    /// How many others are heard in this tick, and for how many nobody was.
    var others = 0
    var quiet: UInt32
    /// What the group hears in this tick, and heard in the last.
    let frame = SampleBuffer(count: AudioFrame.count)
    let previous = SampleBuffer(count: AudioFrame.count)
    var limiter = Limiter()

    /// - Parameter quiet: for how long nobody was heard in the room.
    init(quiet: UInt32) {
        self.quiet = quiet
        encoders = .allocate(capacity: AudioEncoder.Class.bound)
        encoders.initialize(repeating: nil, count: AudioEncoder.Class.bound)
    }

    deinit {
        for kind in kinds { if let encoder = encoders[kind] { Pool.destroy(encoder) } }
        encoders.deallocate()
    }

    /// The encoder of a class, if there is one.
    func encoder(_ index: Int) -> UnsafeMutablePointer<SharedEncoder>? {
        index < AudioEncoder.Class.bound ? encoders[index] : nil
    }

    /// Makes the encoder of a class, once.
    mutating func prepare(
        _ kind: AudioEncoder.Class, _ configuration: MixConfiguration
    ) -> UnsafeMutablePointer<SharedEncoder>? {
        if let encoder = encoders[kind.index] { return encoder }
        let encoder = SharedEncoder(kind, configuration)
        guard encoder.encoder.isReady else { return nil }
        encoders[kind.index] = Pool.make(encoder)
        kinds.append(kind.index)
        return encoders[kind.index]
    }

    /// A new tick is added up.
    mutating func clear() {
        own.clear()
        heard = 0
        contributors.removeAll()
        tails.forget()
        if !farewell.isEmpty { farewell.give(to: &own) }
    }

    /// How the tick sounds to the group, where it is mixed.
    mutating func listen(_ sum: borrowing MixSum, tick: UInt64) {
        previous.copy(frame.samples)
        limiter.apply(sum.minus(own.all), into: frame.samples)
        feed(tick)
    }

    /// The tick is silent to the group.
    mutating func listenToNothing(tick: UInt64) {
        previous.copy(frame.samples)
        frame.clear()
        feed(tick)
    }

    /// A packet of several ticks must be fed in each of them.
    private mutating func feed(_ tick: UInt64) {
        for kind in kinds {
            guard let encoder = encoders[kind], encoder.pointee.encoder.kind.ticksPerPacket > 1 else { continue }
            _ = encoder.pointee.payload(frame.samples, tick: tick)
        }
    }
}

/// The groups of a room, by number from 1; what is not there is nil.
struct GroupMixes: ~Copyable {
    static let limit = 4

    private var mixes = InlineArray<4, UnsafeMutablePointer<GroupMix>?>(repeating: nil)
    private(set) var count = 0

    init() {}

    deinit { for index in 0..<Self.limit { if let mix = mixes[index] { Pool.destroy(mix) } } }

    subscript(_ number: UInt8) -> UnsafeMutablePointer<GroupMix>? {
        number > 0 && number <= Self.limit ? mixes[Int(number) - 1] : nil
    }

    /// The group of that number, which is there from now on.
    mutating func make(_ number: UInt8, quiet: UInt32) -> UnsafeMutablePointer<GroupMix>? {
        guard number > 0, number <= Self.limit else { return nil }
        if let mix = self[number] { return mix }
        mixes[Int(number) - 1] = Pool.make(GroupMix(quiet: quiet))
        count += 1
        return self[number]
    }

    mutating func remove(_ number: UInt8) {
        guard let mix = self[number] else { return }
        mixes[Int(number) - 1] = nil
        count -= 1
        Pool.destroy(mix)
    }

    /// A new tick is added up.
    func clear() {
        guard count > 0 else { return }
        for index in 0..<Self.limit { mixes[index]?.pointee.clear() }
    }

    /// One who is in some group, or in none, is in the sum.
    func add(_ frame: UnsafePointer<Int16>, of number: UInt8) {
        guard let mix = self[number] else { return }
        mix.pointee.own.add(frame)
        mix.pointee.heard += 1
    }

    /// One who is heard is named to all groups but its own.
    func name(_ source: UInt32, level: UInt8, of number: UInt8) {
        guard count > 0 else { return }
        for index in 0..<Self.limit where index + 1 != Int(number) {
            mixes[index]?.pointee.contributors.add(source, level: level)
        }
    }

    /// One who left at once is in the sum once more, fading.
    func silence(_ frame: UnsafePointer<Int16>, of number: UInt8) { self[number]?.pointee.farewell.add(frame) }
}
