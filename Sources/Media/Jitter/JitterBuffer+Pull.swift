import Primitives

extension JitterBuffer {
    /// Beyond this above the target, packets are thrown away unheard.
    private static let burst: Int64 = 200_000
    /// Made up in one go before silence is better.
    private static let longestConcealment: Int64 = 100_000

    /// What is to be played next.
    /// - Parameters:
    ///   - deadline: of the tick, which may be made before it.
    ///   - ahead: microseconds of decoded samples that will be played before it.
    ///   - wanted: timestamp units that are missing for the tick.
    ///   - silent: whether what was played last was as good as silence, so that a change of pace is not heard.
    mutating func pull(_ deadline: Instant, ahead: Int64, wanted: Int64, silent: Bool) -> JitterAction {
        let now = micros(deadline)
        guard !isAsleep else { return .nothing }
        // Each turn takes a packet out or returns.
        while true {
            guard let head = nextAudio() else { return runDry(wanted) }
            if phase == .waiting {
                guard mayStart(head, now) else { return .nothing }
                phase = .playing
                cursor = head.timestamp
                base = head.sequence - 1
                stalled = 0
                concealed = 0
                order = .keep
                pace.restart()
            }
            let missing = head.sequence - base - 1
            var gap = head.timestamp - cursor
            if gap > 0, stalled > 0 {
                let covered = min(gap, stalled)
                cursor += covered
                gap -= covered
                stalled -= covered
            }
            if stalled > 0 {
                order = .keep
                pace.restart()
            }
            stalled = 0
            if gap > 0 {
                if missing > 0 {
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
            if missing > 0, missing < 10 { estimate.noteLoss() }
            if gap <= -head.duration || mustDrop(head) {
                leave(head)
                discarded += 1
                continue
            }
            return advance(head, now, ahead, silent)
        }
    }

    /// Whether all of a tick is there.
    /// - Parameters:
    ///   - deadline: the tick's, as it would be handed to `pull`.
    ///   - wanted: timestamp units that are missing for the tick beyond what is decoded.
    func readiness(_ deadline: Instant, wanted: Int64) -> JitterReadiness {
        if isAsleep { return .idle }
        guard wanted > 0 else { return .ready }
        guard var next = store.first(after: base) else { return phase == .playing ? .missing : .idle }
        var end = cursor + stalled
        let isPause = next.sequence == base + 1 && micros(next.timestamp - end) >= 20_000 && next.duration > 0
        if phase == .waiting || isPause {
            guard mayStart(next, micros(deadline)) else { return .idle }
            end = next.timestamp
        }
        var missing = wanted + (pace.needsNext ? 1 : 0)
        while next.timestamp <= end || next.duration == 0 {
            // What was made up while a packet was late does not shorten the packet.
            if next.timestamp < end, next.timestamp >= cursor { end = next.timestamp }
            missing -= max(next.end - max(end, next.timestamp), 0)
            if missing <= 0 { return .ready }
            if next.duration > 0 { end = next.end }
            guard let following = store.entry(next.sequence + 1) else { break }
            next = following
        }
        return .missing
    }

    private func mayStart(_ head: PacketStore.Entry, _ now: Int64) -> Bool {
        now - micros(head.timestamp) - estimate.quickest >= target
            || micros(newestEnd - head.timestamp) > estimate.maximum
    }

    /// The first packet with audio; packets without any that come next in the sequence are passed over.
    private mutating func nextAudio() -> PacketStore.Entry? {
        while let head = store.first(after: base) {
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
        micros(newestEnd - head.timestamp) > target + Self.burst && newestEnd > head.end
    }

    /// Plays the next packet, and says how to keep the delay near its target.
    private mutating func advance(
        _ head: PacketStore.Entry, _ now: Int64, _ ahead: Int64, _ silent: Bool
    ) -> JitterAction {
        let duration = micros(head.duration)
        let slack = now - micros(max(cursor, head.timestamp)) - estimate.quickest
        delay = slack + ahead
        pace.note(slack: slack, ahead: now == lastDeadline ? nil : ahead, duration: duration)
        lastDeadline = now
        // Too far above for stretching to bring it down soon.
        if delay - target >= duration + (silent ? 40_000 : 120_000), micros(newestEnd - head.end) >= duration,
            pace.sinceChange >= (silent ? 60_000 : 240_000)
        {
            pace.restart()
            discarded += 1
            take(head)
            return .skip(packet(head))
        }
        let hasNext = store.entry(head.sequence + 1) != nil
        let correction = pace.correction(
            target: target, isSilent: silent, isLate: wasLate,
            room: hasNext ? .max : max(ahead + duration - JitterPace.tick, 0))
        if correction != 0 {
            wasLate = false
            let samples = Int(min(abs(correction), 100_000)) * AudioFrame.rate / 1_000_000
            order = correction > 0 ? .lengthen(samples) : .shorten(samples)
        }
        take(head)
        return .play(packet(head))
    }

    /// How many samples at 48 kHz an order brought; negative when they were taken out.
    mutating func stretched(by samples: Int) {
        order = .keep
        if samples != 0 { pace.change() }
    }

    private mutating func take(_ head: PacketStore.Entry) {
        cursor = head.end
        concealed = 0
        leave(head)
    }

    /// The packet is done with, and history; what comes before it is not waited for any more.
    private mutating func leave(_ head: PacketStore.Entry) {
        base = head.sequence
        forget(before: base, at: head.timestamp)
    }
}
