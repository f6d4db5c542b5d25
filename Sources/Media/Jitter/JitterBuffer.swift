import Primitives

/// Evens out how packets come: reorders them, waits as short as the network allows, and says what is to be played.
///
/// Playing follows the timestamps. The cursor is the timestamp of the next sample to be played; the delay is how long
/// after the quickest packet's arrival that is. When the buffer runs dry the cursor stands still and sound is made up:
/// if the packet was late, the delay has grown by as much; if it was lost, what was made up stands for it. Between talk
/// spurts, when timestamps jump and sequence numbers do not, the delay is set afresh. Within one it shrinks by leaving
/// out a packet, in silence when there is any.
struct JitterBuffer: ~Copyable {
    private enum Phase { case waiting, playing }

    /// Beyond this above the target, packets are thrown away unheard.
    private static let burst: Int64 = 200_000
    /// A transit so far off is another timeline.
    private static let outOfStep: Int64 = 1_500_000
    /// Made up in one go before silence is better.
    private static let longestConcealment: Int64 = 100_000

    private var store = PacketStore()
    private var estimate: DelayEstimate
    private(set) var clockRate: Int64
    private var phase = Phase.waiting
    private var hasReference = false
    /// The sequence number after which the next is expected.
    private var base: Int64 = 0
    /// Bit i: `base - i` came.
    private var played: UInt64 = 0
    private var highest: Int64 = 0
    private var highestTimestamp: Int64 = 0
    private var newestEnd: Int64 = 0
    private var cursor: Int64 = 0
    /// Units made up while the cursor stood still.
    private var stalled: Int64 = 0
    /// Units made up since the last packet was played.
    private var concealed: Int64 = 0
    private var suspect: UInt16?
    private var sinceChange: Int64 = 0
    private var wasLate = false

    private(set) var late: UInt64 = 0
    private(set) var duplicate: UInt64 = 0
    private(set) var discarded: UInt64 = 0
    /// Microseconds that the sample played last stayed above the quickest possible.
    private(set) var delay: Int64 = 0

    /// - Parameters:
    ///   - minimum: the delay it starts with and never goes below.
    init(clockRate: Int, minimum: Duration = .milliseconds(10), maximum: Duration = .milliseconds(250)) {
        self.clockRate = Int64(max(clockRate, 1))
        estimate = DelayEstimate(minimum: minimum.nanoseconds / 1000, maximum: maximum.nanoseconds / 1000)
    }

    var target: Int64 { estimate.target }
    var isEmpty: Bool { store.count == 0 }

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
        let step = Int64(Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: highest)))
        let extended = highest + step
        guard abs(step) < PacketStore.span, extended > base, extended <= base + PacketStore.span else { return }
        let entry = PacketStore.Entry(sequence: extended, timestamp: highestTimestamp)
        guard store.insert(entry, UnsafeRawBufferPointer(start: nil, count: 0)) else { return }
        highest = max(highest, extended)
    }

    private mutating func insert(
        _ entry: PacketStore.Entry, _ sequence: UInt16, _ timestamp: UInt32, _ payload: UnsafeRawBufferPointer,
        _ now: Int64
    ) -> JitterInsertion {
        guard hasReference else {
            begin(entry, sequence, timestamp, payload, now)
            return .accepted
        }
        let step = Int64(Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: highest)))
        let extended = highest + step
        let time =
            highestTimestamp + Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: highestTimestamp)))
        let transit = now - micros(time)
        if !(-200...3000).contains(step) || abs(transit - estimate.quickest) > Self.outOfStep {
            if suspect == sequence {
                begin(entry, sequence, timestamp, payload, now)
                return .restarted
            }
            suspect = sequence &+ 1
            return .suspicious
        }
        suspect = nil
        if extended <= base {
            let age = base - extended
            if age < 64, played >> UInt64(age) & 1 == 1 {
                duplicate += 1
                return .duplicate
            }
            if age < 64 { played |= 1 << UInt64(age) }
        } else if store.entry(extended) != nil {
            duplicate += 1
            return .duplicate
        }
        estimate.note(transit: transit, duration: micros(entry.duration), at: now)
        if extended <= base || (phase == .playing && time + entry.duration <= cursor) {
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
        base = extended - 17
        estimate.rebase()
        estimate.note(transit: now - micros(time), duration: micros(entry.duration), at: now)
        put(entry, extended, time, payload)
    }

    private mutating func put(
        _ entry: PacketStore.Entry, _ sequence: Int64, _ timestamp: Int64, _ payload: UnsafeRawBufferPointer
    ) {
        var entry = entry
        entry.sequence = sequence
        entry.timestamp = timestamp
        guard store.insert(entry, payload) else { return }
        if sequence >= highest {
            highest = sequence
            highestTimestamp = timestamp
            newestEnd = timestamp + entry.duration
        }
    }

    // MARK: Out

    /// What is to be played next.
    /// - Parameters:
    ///   - ahead: microseconds of decoded samples that will be played before it.
    ///   - wanted: timestamp units that are missing for the tick.
    ///   - silent: whether what was played last was as good as silence, so that a change of pace is not heard.
    mutating func pull(_ now: Instant, ahead: Int64, wanted: Int64, silent: Bool) -> JitterAction {
        let now = micros(now) + ahead
        // Each turn takes a packet out or returns.
        while true {
            guard let head = nextAudio() else { return runDry(wanted) }
            if phase == .waiting {
                let reached = now - micros(head.timestamp) - estimate.quickest
                guard reached >= estimate.target || micros(newestEnd - head.timestamp) > estimate.maximum else {
                    return .nothing
                }
                phase = .playing
                cursor = head.timestamp
                base = head.sequence - 1
                stalled = 0
                concealed = 0
            }
            let isNext = head.sequence == base + 1
            var gap = head.timestamp - cursor
            if gap > 0, stalled > 0 {
                let covered = min(gap, stalled)
                cursor += covered
                gap -= covered
            }
            stalled = 0
            if gap > 0 {
                if !isNext {
                    if micros(concealed) < Self.longestConcealment { return bridge(gap, before: head, wanted) }
                } else if micros(gap) < 20_000 {
                    cursor = head.timestamp
                    gap = 0
                }
                if gap > 0 {
                    // A talk spurt ended, or too much is missing to be made up: the next begins with a fresh delay.
                    phase = .waiting
                    continue
                }
            }
            if gap <= -head.duration || mustDrop(head) {
                leave(head)
                discarded += 1
                continue
            }
            return advance(head, now, wanted, silent)
        }
    }

    /// The first packet with audio; packets without any that come next in the sequence are passed over.
    private mutating func nextAudio() -> PacketStore.Entry? {
        while let head = store.first(after: base, through: highest) {
            if head.duration > 0 { return head }
            leave(head)
        }
        return nil
    }

    /// Nothing is here although it should be.
    private mutating func runDry(_ wanted: Int64) -> JitterAction {
        guard phase == .playing else { return .nothing }
        guard micros(concealed) < Self.longestConcealment else {
            phase = .waiting
            return .nothing
        }
        stalled += wanted
        concealed += wanted
        return .conceal(units: wanted)
    }

    /// Packets are missing before one that is here: all but the last are made up, that is restored if it can be.
    private mutating func bridge(_ gap: Int64, before head: PacketStore.Entry, _ wanted: Int64) -> JitterAction {
        if gap <= head.duration {
            cursor += gap
            concealed += gap
            return .restore(units: gap, from: packet(head))
        }
        let units = min(max(wanted, 1), gap - head.duration)
        cursor += units
        concealed += units
        return .conceal(units: units)
    }

    /// Far more is here than will ever be needed: a burst after an outage.
    private func mustDrop(_ head: PacketStore.Entry) -> Bool {
        micros(newestEnd - head.timestamp) > estimate.target + Self.burst && store.count > 1
    }

    /// Plays the next packet, or keeps the delay near its target.
    private mutating func advance(
        _ head: PacketStore.Entry, _ now: Int64, _ wanted: Int64, _ silent: Bool
    ) -> JitterAction {
        let duration = micros(head.duration)
        let reached = now - micros(max(cursor, head.timestamp)) - estimate.quickest
        delay = reached
        sinceChange += duration
        let excess = reached - estimate.target
        let ahead = micros(newestEnd - head.timestamp)
        if excess >= duration + 5000, ahead >= 2 * duration, sinceChange >= (silent ? 60_000 : 500_000),
            silent || excess >= duration + 30_000
        {
            sinceChange = 0
            discarded += 1
            take(head)
            return .skip(packet(head))
        }
        if -excess >= 10_000, silent || wasLate, sinceChange >= 60_000 {
            sinceChange = 0
            wasLate = false
            return .conceal(units: wanted)
        }
        take(head)
        return .play(packet(head))
    }

    private mutating func take(_ head: PacketStore.Entry) {
        cursor = head.timestamp + head.duration
        concealed = 0
        leave(head)
    }

    /// The packet is done with; what comes before it is not waited for any more.
    private mutating func leave(_ head: PacketStore.Entry) {
        let step = head.sequence - base
        played = step < 64 ? played << UInt64(max(step, 0)) : 0
        played |= 1
        base = head.sequence
        store.remove(head.sequence)
    }

    private func packet(_ entry: PacketStore.Entry) -> JitterPacket {
        JitterPacket(
            payload: store.payload(entry), payloadType: entry.payloadType,
            sequence: UInt16(truncatingIfNeeded: entry.sequence),
            timestamp: UInt32(truncatingIfNeeded: entry.timestamp))
    }

    private mutating func flush() {
        discarded += UInt64(store.removeAll())
        phase = .waiting
        played = 0
        stalled = 0
        concealed = 0
        wasLate = false
    }

    // MARK: Units

    private func micros(_ instant: Instant) -> Int64 { instant.nanoseconds / 1000 }

    /// Timestamp units as microseconds; bounded, as extended timestamps grow by at most 1.5 s more than the clock.
    private func micros(_ units: Int64) -> Int64 { units &* 1_000_000 / clockRate }
}
