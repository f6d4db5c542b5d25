public import Primitives

extension MixRoom {
    /// In each tick, every tenth slot has its turn for what is not urgent: reports, and packets of silence.
    private static let turns: UInt64 = 10
    /// Ticks for which a leg that says it speaks, but too softly to be mixed, is decoded in vain.
    private static let patience: UInt8 = 20
    /// Ears kept for those to come.
    private static let spareEars = 16

    /// One tick of 20 ms: decodes, mixes, encodes, and hands everything that is due to the sink.
    /// - Parameters:
    ///   - due: the tick's deadline, which is the media time; the tick may run up to 20 ms before it.
    ///   - now: for reports.
    public mutating func tick(due: Instant, now: Instant, into sink: inout some PacketSink & ~Copyable) {
        tendRelay(due: due)
        let before = heard
        heard = 0
        if !passing.isOn { considerPassingFirst() }
        let isPassed = pass(due)
        if !isPassed {
            if awake.count > 0 { decode(due) }
            if awake.count > 0 || before > 0 || !farewell.isEmpty || player.isPlaying { addUp() }
        }
        sendSpecial(into: &sink)
        quiet = heard > 0 ? 0 : min(quiet + 1, 1 << 16)
        if isPassed {
            sendPassed(into: &sink)
        } else if quiet <= UInt32(configuration.tail) {
            if heard > 0 || before > 0 || limiter.gain < 1 { limiter.apply(sum.all, into: common.samples) }
            sendShared(into: &sink)
        }
        if tape != nil { writeTape(isPassed: isPassed) }
        if quiet > UInt32(configuration.tail), quiet <= UInt32(configuration.tail) + 3 {
            sendFirstSilence(into: &sink)
        }
        takeTurns(now, into: &sink)
        if !isPassed { considerPassing() }
        if awake.count > 0 { putToSleep() }
        ticks &+= 1
        if ticks.isMultiple(of: 50) { tidy() }
    }

    /// Ticks that nobody made: the legs' timestamps go on, as time did.
    public mutating func skip(_ missed: Int) { ticks &+= UInt64(max(missed, 0)) }

    /// Whether the tick due then can be made at once: the frame of everybody who is awake is there, and none of them
    /// jitters. False when nobody is awake, or all pause: then the deadline is soon enough.
    public mutating func isReady(for due: Instant) -> Bool {
        guard awake.count > 0 else { return false }
        if missing < awake.count, isMissing(missing, due) { return false }
        var isAnyThere = false
        for place in 0..<awake.count {
            switch table.leg(awake[place]).pointee.readiness(for: due) {
            case .idle: continue
            case .ready where table.leg(awake[place]).pointee.jitter.isSteady: isAnyThere = true
            case .ready, .missing:
                missing = place
                return false
            }
        }
        return isAnyThere
    }

    private func isMissing(_ place: Int, _ due: Instant) -> Bool {
        table.leg(awake[place]).pointee.readiness(for: due) == .missing
    }

    /// Whether nobody is awake and everyone is sent silence: a tick costs next to nothing then.
    public var isSilent: Bool {
        awake.count == 0 && special.count == 0 && farewell.isEmpty && !player.isPlaying
            && quiet > UInt32(configuration.tail) + 3
    }

    // MARK: In

    /// Decodes who is awake, and chooses who is mixed.
    private mutating func decode(_ due: Instant) {
        for place in 0..<awake.count {
            let slot = awake[place]
            let seat = table.seat(slot)
            let leg = table.leg(slot)
            seat.pointee.isHeard = false
            guard let ear = leg.pointee.ear else { continue }
            let isDeaf = leg.pointee.isDeaf
            guard !isDeaf || seat.pointee.isMixed else {
                seat.pointee.isTired = true
                seat.pointee.standing.silent = SpeakerRanking.hold
                continue
            }
            let decodes = ear.pointee.decodes
            guard let measure = leg.pointee.decodeTick(due) else { continue }
            work.decodes += ear.pointee.decodes - decodes
            let isAudible = measure.peak > configuration.silencePeak
            seat.pointee.standing.note(measure.level, isAudible: isAudible)
            seat.pointee.level = measure.level
            seat.pointee.isHeard = isAudible
            seat.pointee.isTired = leg.pointee.gate.measure(measure.level) || isDeaf
            if seat.pointee.isTired { seat.pointee.standing.silent = SpeakerRanking.hold }
            if configuration.gainControl, isAudible {
                let isSpeech = !leg.pointee.gate.isQuiet
                leg.pointee.gain.process(ear.pointee.frame.samples, isSpeech: isSpeech)
                if isSpeech { seat.pointee.learnGain() }
            }
            if captures > 0 { captureFrame(slot, ear.pointee.frame.samples) }
        }
        ranking.choose(awake, table)
    }

    /// Sums who is mixed, as they come and go.
    private mutating func addUp() {
        sum.clear()
        contributors.removeAll()
        tails.forget()
        for place in 0..<awake.count {
            let slot = awake[place]
            let seat = table.seat(slot)
            let leg = table.leg(slot)
            guard let ear = leg.pointee.ear else { continue }
            let wasMixed = seat.pointee.isMixed
            seat.pointee.isMixed = seat.pointee.standing.isIn
            letWait(seat, leg)
            guard seat.pointee.isHeard else { continue }
            let frame = ear.pointee.frame.samples
            switch (wasMixed, seat.pointee.isMixed) {
            case (false, false):
                seat.pointee.isHeard = false
                continue
            case (false, true): Fade.enter(frame)
            case (true, false): Fade.leave(frame)
            case (true, true): break
            }
            heard += 1
            sum.add(frame)
            makeSpecial(slot)
            guard let source = leg.pointee.source.ssrc else { continue }
            let level = UInt8(min(max(-seat.pointee.level.rounded(), 0), 126))
            contributors.add(source, level: level)
        }
        nameMuted()
        addPrompt()
        guard !farewell.isEmpty else { return }
        heard += 1
        farewell.give(to: &sum)
    }

    /// Who tells its own level need not be decoded to be ranked.
    private func letWait(_ seat: UnsafeMutablePointer<Seat>, _ leg: UnsafeMutablePointer<MediaLeg>) {
        let waits = leg.pointee.gate.hasLevels && !seat.pointee.standing.isIn && ranking.isFull
        seat.pointee.waiting = waits ? min(seat.pointee.waiting + 1, 200) : 0
        if seat.pointee.waiting > Self.patience { seat.pointee.isTired = true }
    }

    private mutating func putToSleep() {
        var place = awake.count - 1
        while place >= 0 {
            let slot = awake[place]
            if table.seat(slot).pointee.isTired { sleep(slot) }
            place -= 1
        }
    }

    // MARK: What is not urgent

    private mutating func takeTurns(_ now: Instant, into sink: inout some PacketSink & ~Copyable) {
        var slot = Int((Self.turns - ticks % Self.turns) % Self.turns)
        let bound = table.bound
        while slot < bound {
            if table.seat(slot).pointee.isTaken { takeTurn(slot, now, into: &sink) }
            slot += Int(Self.turns)
        }
    }

    mutating func takeTurn(_ slot: Int, _ now: Instant, into sink: inout some PacketSink & ~Copyable) {
        sendSilence(slot, into: &sink)
        let leg = table.leg(slot)
        if leg.pointee.isKindOld {
            leg.pointee.isKindOld = false
            let kind = leg.pointee.settings.encoderClass(leg.pointee.loss, configuration)
            if kind != leg.pointee.kind, prepare(kind) != nil { become(kind, slot) }
        }
        if let encoder = shared[leg.pointee.kind.index] {
            encoder.pointee.loss = max(encoder.pointee.loss, leg.pointee.loss.expectedLoss)
        }
        guard leg.pointee.reporter.isDue(now), let memory = sink.reserve() else { return }
        let beyond = reportBeyond(slot, now)
        let length = leg.pointee.report(now, ticks, table.output(slot).pointee, beyond: beyond, into: memory)
        if length > 0 { sink.commit(slot: slot, kind: .rtcp, length: length) }
    }

    /// Once a second: forward error correction follows what the listeners report, and ears that were needed in a rush
    /// are let go.
    mutating func tidy() {
        for kind in kinds {
            guard let encoder = shared[kind] else { continue }
            encoder.pointee.expect(configuration)
            encoder.pointee.loss = 0
        }
        mostAwake = max(awake.count, mostAwake - mostAwake / 64)
        if ears.count + awake.count > max(2 * mostAwake, Self.spareEars) { ears.shrink() }
        if owns.count > 2 * ranking.limit + 4 { owns.shrink() }
    }
}
