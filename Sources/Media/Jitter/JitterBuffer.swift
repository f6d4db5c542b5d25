import Primitives

/// Evens out how packets come: reorders them, waits as short as the network allows, and says what is to be played.
///
/// Playing follows the timestamps. The cursor is the timestamp of the next sample to be played. When the buffer runs
/// dry the cursor stands still and sound is made up: if the packet was late, the delay has grown by as much; if it was
/// lost, what was made up stands for it. Between talk spurts, when timestamps jump and sequence numbers do not, the
/// delay is set afresh. Within one, `order` says how the decoded samples are to be stretched.
struct JitterBuffer: ~Copyable {
    enum Phase { case waiting, playing }

    /// A transit so far off is another timeline.
    private static let outOfStep: Int64 = 1_500_000

    var store = PacketStore()
    var estimate: DelayEstimate
    var pace = JitterPace()
    private(set) var clockRate: Int64
    var phase = Phase.waiting
    private(set) var hasReference = false
    /// The sequence number after which the next is expected; what comes before it is history.
    var base: Int64 = 0
    private(set) var highest: Int64 = 0
    /// Bit i: `highest - i` came.
    private var seen: UInt64 = 0
    private var highestTimestamp: Int64 = 0
    private(set) var newestEnd: Int64 = 0
    var cursor: Int64 = 0
    /// Units made up while the cursor stood still.
    var stalled: Int64 = 0
    /// Units made up since the last packet was played.
    var concealed: Int64 = 0
    private var suspect: UInt16?
    var wasLate = false
    /// The deadline of the last tick that played a packet.
    var lastDeadline: Int64 = .min
    /// The oldest that may be in the store, and the next that is to warm a decoder.
    var oldest: Int64 = 0
    var warmup: Int64 = .max

    private(set) var late: UInt64 = 0
    private(set) var duplicate: UInt64 = 0
    var discarded: UInt64 = 0
    /// Microseconds that the sample played last stayed above the quickest possible.
    var delay: Int64 = 0

    /// Nothing is pulled while it sleeps; of what comes, the newest 60 ms are kept for `nextWarmup()`.
    var isAsleep = false
    /// Whether a lost packet may be restored from one that follows (RED, forward error correction of Opus): where
    /// losses are seen, the delay is then made long enough for that.
    var canRestore = false
    /// What the pace should be: to be carried out on the decoded samples once what was pulled is among them. Stands
    /// until `stretched(by:)` is told.
    var order = StretchOrder.keep

    /// - Parameters:
    ///   - minimum: the delay it starts with and never goes below.
    init(clockRate: Int, minimum: Duration = .milliseconds(4), maximum: Duration = .milliseconds(250)) {
        self.clockRate = Int64(max(clockRate, 1))
        estimate = DelayEstimate(minimum: minimum.nanoseconds / 1000, maximum: maximum.nanoseconds / 1000)
    }

    /// The slack that is striven for, in microseconds: how long before its deadline the quickest packet comes.
    var target: Int64 { estimate.target + (canRestore && estimate.losesOften ? JitterPace.tick : 0) }
    /// Whether packets come evenly enough (within 5 ms) for ticks to follow them.
    var isSteady: Bool { estimate.lateness < 5000 }
    /// Whether nothing waits to be played.
    var isEmpty: Bool { store.first(after: base) == nil }
    /// Bytes of memory that it holds now.
    var memory: Int { MemoryLayout<JitterBuffer>.size + store.memory }

    /// Another source or another clock: everything is forgotten but the counts and the network's jitter.
    mutating func reset(clockRate: Int) {
        self.clockRate = Int64(max(clockRate, 1))
        flush()
        hasReference = false
        suspect = nil
    }

    // MARK: In

    /// A packet with audio came.
    /// - Parameter duration: timestamp units in it.
    mutating func insert(
        sequence: UInt16, timestamp: UInt32, payloadType: UInt8, duration: Int, payload: UnsafeRawBufferPointer,
        arrival: Instant
    ) -> JitterInsertion {
        guard duration > 0, payload.count > 0, payload.count <= PacketStore.payloadSize else { return .refused }
        let entry = PacketStore.Entry(duration: Int64(duration), payloadType: payloadType)
        return insert(entry, sequence, timestamp, payload, micros(arrival))
    }

    /// A packet without audio came that shares the sequence: telephone-event.
    mutating func insertMarker(sequence: UInt16, timestamp: UInt32, arrival: Instant) {
        guard hasReference else { return }
        let extended = extend(sequence)
        guard abs(extended - highest) < PacketStore.span, extended > base, extended <= base + PacketStore.span,
            !wasSeen(extended)
        else { return }
        see(extended)
        if isAsleep {
            base = highest
        } else {
            _ = store.insert(
                PacketStore.Entry(sequence: extended, timestamp: highestTimestamp),
                UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    /// A copy of an earlier packet came within a later one (RFC 2198), which was inserted before.
    /// - Parameters:
    ///   - sequence, timestamp: of the packet that it came in.
    ///   - offset: timestamp units that it is older.
    ///   - distance: packets that it is older, as `REDReader` says.
    /// - Returns: whether it was missing and fills the gap.
    mutating func insertRedundant(
        sequence: UInt16, timestamp: UInt32, offset: UInt32, distance: Int, payloadType: UInt8, duration: Int,
        payload: UnsafeRawBufferPointer
    ) -> Bool {
        guard hasReference, duration > 0, offset > 0, distance > 0, payload.count > 0,
            payload.count <= PacketStore.payloadSize
        else { return false }
        let carrier = extend(sequence)
        guard wasSeen(carrier) else { return false }
        let time = extend(timestamp) - Int64(offset)
        if phase == .playing, time + Int64(duration) <= cursor + stalled { return false }
        var entry = PacketStore.Entry(timestamp: time, duration: Int64(duration), payloadType: payloadType)
        // Its sequence number is not told: by its age, or by its place in the packet.
        let byAge = Int(offset).isMultiple(of: duration) ? Int64(offset) / Int64(duration) : 0
        for distance in [byAge, Int64(distance)] where distance > 0 && distance <= REDReader.farthest {
            entry.sequence = carrier - distance
            guard fits(entry) else { continue }
            return store.insert(entry, payload)
        }
        return false
    }

    /// Whether a packet is missing there, and its time lies between its neighbours'.
    private func fits(_ entry: PacketStore.Entry) -> Bool {
        guard entry.sequence > (isAsleep ? max(oldest, highest - PacketStore.history) : base), entry.sequence < highest,
            !wasSeen(entry.sequence), store.entry(entry.sequence) == nil
        else { return false }
        for step in 1...REDReader.farthest {
            guard let before = store.entry(entry.sequence - step) else { continue }
            if before.end > entry.timestamp { return false }
            break
        }
        var place = entry.sequence
        while let after = store.first(after: place) {
            // A marker takes no time.
            if after.duration > 0 { return after.timestamp >= entry.end }
            place = after.sequence
        }
        return true
    }

    private mutating func insert(
        _ entry: PacketStore.Entry, _ sequence: UInt16, _ timestamp: UInt32, _ payload: UnsafeRawBufferPointer,
        _ now: Int64
    ) -> JitterInsertion {
        guard hasReference else {
            begin(entry, sequence, timestamp, payload, now)
            return .accepted
        }
        let extended = extend(sequence)
        let time = extend(timestamp)
        let transit = now - micros(time)
        if !(-200...3000).contains(extended - highest) || abs(transit - estimate.quickest) > Self.outOfStep {
            if suspect == sequence {
                begin(entry, sequence, timestamp, payload, now)
                return .restarted
            }
            suspect = sequence &+ 1
            return .suspicious
        }
        suspect = nil
        if wasSeen(extended) {
            duplicate += 1
            return .duplicate
        }
        let lateness = estimate.note(transit: transit, at: now)
        let isOld = extended < highest
        see(extended)
        let isLate =
            isAsleep
            ? isOld && (lateness > target || extended <= highest - PacketStore.history)
            : extended <= base || (phase == .playing && time + entry.duration <= cursor)
        if isLate {
            late += 1
            wasLate = true
            return .late
        }
        if extended > base + PacketStore.span {
            flush()
            base = extended - 1
        }
        put(entry, extended, time, payload)
        return .accepted
    }

    private mutating func begin(
        _ entry: PacketStore.Entry, _ sequence: UInt16, _ timestamp: UInt32, _ payload: UnsafeRawBufferPointer,
        _ now: Int64
    ) {
        flush()
        hasReference = true
        suspect = nil
        // One cycle up, so that earlier packets that come later still have numbers above zero.
        let extended = Int64(sequence) + 65536
        let time = Int64(timestamp) + 1 << 32
        highest = extended
        highestTimestamp = time
        newestEnd = time
        seen = 1
        base = extended - 17
        oldest = base
        estimate.rebase()
        _ = estimate.note(transit: now - micros(time), at: now)
        put(entry, extended, time, payload)
    }

    private mutating func put(
        _ entry: PacketStore.Entry, _ sequence: Int64, _ timestamp: Int64, _ payload: UnsafeRawBufferPointer
    ) {
        var entry = entry
        entry.sequence = sequence
        entry.timestamp = timestamp
        if sequence >= highest {
            highest = sequence
            highestTimestamp = timestamp
            newestEnd = entry.end
        }
        _ = store.insert(entry, payload)
        if isAsleep {
            base = highest
            forget(before: highest, at: highestTimestamp)
        }
    }

    // MARK: Numbers

    private func extend(_ sequence: UInt16) -> Int64 {
        highest + Int64(Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: highest)))
    }

    private func extend(_ timestamp: UInt32) -> Int64 {
        highestTimestamp + Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: highestTimestamp)))
    }

    private func wasSeen(_ sequence: Int64) -> Bool {
        let age = highest - sequence
        return age >= 0 && age < 64 && seen >> UInt64(age) & 1 == 1
    }

    /// A packet came; `highest` follows.
    private mutating func see(_ sequence: Int64) {
        let step = sequence - highest
        if step > 0 {
            seen = step < 64 ? seen << UInt64(step) | 1 : 1
            highest = sequence
        } else if step > -64 {
            seen |= 1 << UInt64(-step)
        }
    }

    mutating func flush() {
        var sequence = base
        while let entry = store.first(after: sequence) {
            sequence = entry.sequence
            if entry.duration > 0 { discarded += 1 }
        }
        store.removeAll()
        oldest = max(highest, base)
        settle()
    }

    /// Nothing is being played any more.
    mutating func settle() {
        phase = .waiting
        stalled = 0
        concealed = 0
        wasLate = false
        warmup = .max
        order = .keep
        pace.restart()
    }

    /// The packet's memory is valid until the next `insert`.
    func packet(_ entry: PacketStore.Entry) -> JitterPacket {
        JitterPacket(
            payload: store.payload(entry), payloadType: entry.payloadType,
            sequence: UInt16(truncatingIfNeeded: entry.sequence),
            timestamp: UInt32(truncatingIfNeeded: entry.timestamp))
    }

    func micros(_ instant: Instant) -> Int64 { instant.nanoseconds / 1000 }

    /// Timestamp units as microseconds; bounded, as extended timestamps grow by at most 1.5 s more than the clock.
    func micros(_ units: Int64) -> Int64 { units &* 1_000_000 / clockRate }
}
