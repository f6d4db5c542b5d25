import Primitives

/// One who talks alone is not mixed: its Opus packets go to the listeners as they came, undecoded.
extension MixRoom {
    // MARK: Begin

    /// After a tick of the mix: the lone talker's packets take over in a pause between its words, from the next on.
    mutating func considerPassing() {
        guard configuration.passThrough, awake.count == 1 else { return passing.quiet = 0 }
        let slot = awake[0]
        let seat = table.seat(slot)
        guard seat.pointee.isMixed, !seat.pointee.isTired, heard == (seat.pointee.isHeard ? 1 : 0),
            !table.leg(slot).pointee.gate.isSound(seat.pointee.level)
        else { return passing.quiet = 0 }
        passing.quiet = min(passing.quiet + 1, Passing.pause)
        guard passing.quiet == Passing.pause, canPass(slot), isAlone(slot) else { return }
        beginPassing(slot, level: seat.pointee.level)
    }

    /// Before a tick: who breaks the silence is passed from the first packet on.
    mutating func considerPassingFirst() {
        guard configuration.passThrough, awake.count == 1, quiet >= UInt32(max(configuration.tail, 5)), farewell.isEmpty
        else { return }
        let slot = awake[0]
        guard !table.seat(slot).pointee.isMixed, canPass(slot), isAlone(slot) else { return }
        beginPassing(slot, level: Decibels.least)
    }

    private mutating func beginPassing(_ slot: Int, level: Float) {
        let leg = table.leg(slot)
        let seat = table.seat(slot)
        guard let source = leg.pointee.source.ssrc else { return }
        leg.pointee.leaveUndecoded()
        passing.begin(slot, source, level: level)
        // What was mixed last must not be heard when the mix comes back.
        sum.clear()
        common.clear()
        limiter = Limiter()
        seat.pointee.isMixed = true
        guard !seat.pointee.standing.isIn else { return }
        seat.pointee.standing.isIn = true
        ranking.enter(slot)
    }

    private func canPass(_ slot: Int) -> Bool {
        let leg = table.leg(slot)
        guard ticks >= passing.notBefore, !leg.pointee.isDeaf, leg.pointee.source.ssrc != nil,
            leg.pointee.jitter.clockRate == Int64(AudioFrame.rate), everyClass(but: slot, PassThrough.suits)
        else { return false }
        return !needsGain(slot)
    }

    /// Whether a talker is not as loud as it should be heard, as far as is known.
    private func needsGain(_ slot: Int) -> Bool {
        configuration.gainControl && abs(table.leg(slot).pointee.gain.wanted) > Passing.tolerance
    }

    /// Whether nobody else has a mix of its own.
    private func isAlone(_ slot: Int) -> Bool {
        for place in 0..<special.count where special[place] != slot {
            let seat = table.seat(special[place])
            if seat.pointee.own != nil || seat.pointee.hangover > 0 { return false }
        }
        return !hasOwnSounds
    }

    /// Whether something holds for all classes of encoders in which somebody but the talker is sent to.
    private func everyClass(but slot: Int, _ holds: (AudioEncoder.Class) -> Bool) -> Bool {
        let own = Int(table.output(slot).pointee.kind)
        for kind in kinds {
            guard let encoder = shared[kind], encoder.pointee.listeners > (kind == own ? 1 : 0) else { continue }
            if !holds(encoder.pointee.encoder.kind) { return false }
        }
        return true
    }

    // MARK: Go on

    /// Takes the talker's packet of a tick, to be sent by `sendPassed`.
    /// - Returns: false when the tick is to be mixed.
    mutating func pass(_ due: Instant) -> Bool {
        guard passing.isOn else { return false }
        passing.clear()
        let slot = passing.slot
        let leg = table.leg(slot)
        let seat = table.seat(slot)
        let isQuiet = !leg.pointee.gate.isSound(passing.level)
        guard awake.count == 1, awake[0] == slot, !hasOwnSounds, !leg.pointee.isDeaf,
            leg.pointee.source.ssrc == passing.source,
            leg.pointee.jitter.clockRate == Int64(AudioFrame.rate), farewell.isEmpty,
            passing.pending <= Passing.patience, everyClass(but: slot, PassThrough.suits),
            !isQuiet || !needsGain(slot)
        else {
            endPassing()
            return false
        }
        seat.pointee.isHeard = false
        if passing.hold > 0 {
            passing.hold -= 1
            passing.through.miss()
            note(passing.level, isAudible: false)
            return true
        }
        guard passPacket(due, isQuiet: isQuiet, mayLeaveOut: true) else { return false }
        return true
    }

    private mutating func passPacket(_ due: Instant, isQuiet: Bool, mayLeaveOut: Bool) -> Bool {
        let slot = passing.slot
        let leg = table.leg(slot)
        switch leg.pointee.takeUndecoded(due, isQuiet: isQuiet) {
        case .pause:
            passing.through.miss()
            _ = leg.pointee.gate.notice(.pause)
            note(Decibels.least, isAudible: false)
            return true
        case .missing:
            passing.through.miss()
            note(passing.level, isAudible: false)
            return true
        case .surplus(let packet):
            // The delay is far too long after an outage: what would be blended into the mix is left out.
            if mayLeaveOut { return passPacket(due, isQuiet: isQuiet, mayLeaveOut: false) }
            mix(packet, isSurplus: true)
            return false
        case .packet(let packet, let lost):
            guard isFit(packet) else {
                mix(packet, isSurplus: false)
                passing.notBefore = ticks &+ Passing.abstinence
                return false
            }
            let level = look(packet.payload)
            let isQuiet =
                !leg.pointee.gate.isSound(level)
                && (leg.pointee.clientLevel != nil || OpusActivity.isActive(packet.payload) != true)
            if mayLeaveOut, follow(leg.pointee.jitter.order, isQuiet: isQuiet) {
                // Nobody hears that a quiet packet is missing.
                return passPacket(due, isQuiet: isQuiet, mayLeaveOut: false)
            }
            learnGain(packet)
            passing.payload = packet.payload
            passing.lost = lost
            passing.through.pass(packet.payload)
            note(level, isAudible: packet.payload.count > 2)
            return true
        }
    }

    /// Whether the packet can go to all who listen.
    private func isFit(_ packet: JitterPacket) -> Bool {
        guard case .audio(.opus) = table.leg(passing.slot).pointee.payloads[packet.payloadType] else { return false }
        return everyClass(but: passing.slot) {
            PassThrough.isEligible(packet.payload, $0, rate: configuration.opusBitRate)
        }
    }

    /// Carries a change of pace out, a whole tick at a time, where it is not heard.
    /// - Returns: whether this tick's packet is to be left out.
    private mutating func follow(_ order: StretchOrder, isQuiet: Bool) -> Bool {
        let leg = table.leg(passing.slot)
        switch order {
        case .keep:
            passing.pending = 0
            return false
        case .lengthen, .shorten:
            guard isQuiet else {
                passing.pending += 1
                return false
            }
        }
        passing.pending = 0
        switch order {
        case .keep: return false
        case .lengthen(let samples):
            passing.hold = min(max((samples + AudioFrame.count / 2) / AudioFrame.count, 1), PassThrough.kept)
            leg.pointee.jitter.stretched(by: passing.hold * AudioFrame.count)
            return false
        case .shorten(let samples):
            let isTick = samples >= AudioFrame.count / 2
            leg.pointee.jitter.stretched(by: isTick ? -AudioFrame.count : 0)
            return isTick
        }
    }

    /// How loud a packet is: as its sender says, or by a look at some of them.
    private mutating func look(_ payload: UnsafeRawBufferPointer) -> Float {
        guard payload.count > 2 else { return Decibels.least }
        let leg = table.leg(passing.slot)
        if let client = leg.pointee.clientLevel { return -Float(client.level) }
        passing.untilLook -= 1
        guard passing.untilLook <= 0 else { return passing.level }
        let isActive = OpusActivity.isActive(payload) != false
        passing.untilLook = isActive ? Passing.lookInterval : Passing.quietLookInterval
        return probed(payload)
    }

    /// How loud a talker speaks is learnt while it is passed: until it is known, its ear hears what the listeners get.
    private mutating func learnGain(_ packet: JitterPacket) {
        let leg = table.leg(passing.slot)
        let seat = table.seat(passing.slot)
        guard configuration.gainControl, !seat.pointee.isGainKnown, packet.payload.count > 2,
            let ear = leg.pointee.ear, case .audio(let codec) = leg.pointee.payloads[packet.payloadType]
        else { return }
        work.decodes += 1
        leg.pointee.counts.packetsDecoded += 1
        let samples = ear.pointee.skipped.samples
        guard ear.pointee.decoder.decode(packet.payload, codec, into: samples) == AudioFrame.count else { return }
        let isSpeech = !leg.pointee.gate.isQuiet
        leg.pointee.gain.hear(samples, isSpeech: isSpeech)
        if isSpeech, SampleKernels.peak(samples, count: AudioFrame.count) > configuration.silencePeak {
            seat.pointee.learnGain()
        }
    }

    /// The tick's level is known.
    private mutating func note(_ level: Float, isAudible: Bool) {
        let slot = passing.slot
        let leg = table.leg(slot)
        let seat = table.seat(slot)
        if level > Decibels.least { passing.level = level }
        seat.pointee.level = level
        seat.pointee.isHeard = isAudible
        seat.pointee.standing.note(level, isAudible: isAudible)
        seat.pointee.isTired = leg.pointee.gate.measure(level)
        if passing.payload.count > 0 {
            contributors.removeAll()
            tails.forget()
        }
        guard isAudible else {
            // A packet that says that nothing is sent says it for us.
            if passing.payload.count > 0 { quiet = max(quiet, UInt32(configuration.tail) + 3) }
            return
        }
        heard = 1
        seat.pointee.useGain()
        makeSpecial(slot)
        contributors.add(passing.source, level: UInt8(min(max(-level.rounded(), 0), 126)))
        nameMuted()
    }

    /// The talker's packet, to everybody who has nothing of its own. Where some are missing before it, so they are in
    /// the listeners' sequence: their decoders make up for them, as the talker's own listener would.
    mutating func sendPassed(into sink: inout some PacketSink & ~Copyable) {
        let payload = passing.payload
        guard payload.count > 0 else { return }
        for page in 0..<table.pageCount {
            let first = page * LegTable.pageSize
            let outputs = table.pages[page].outputs
            for index in 0..<min(table.bound - first, LegTable.pageSize)
            where outputs[index].route == .shared && first + index != passing.slot {
                let output = outputs + index
                guard let memory = sink.reserve() else { continue }
                if output.pointee.packets > 0 { output.pointee.sequence &+= passing.lost }
                let tail = tails.get(contributors, levelID: output.pointee.levelID)
                let length = output.pointee.pack(
                    payload, ticks, tail.octets, contributors: tail.first, into: memory)
                guard length > 0 else { continue }
                // What was lost is no pause.
                if passing.lost > 0 { memory[1] &= 0x7f }
                sink.commit(slot: first + index, kind: .rtp, length: length)
            }
        }
    }

    // MARK: End

    /// The mix goes on with a packet that was to be passed.
    private mutating func mix(_ packet: JitterPacket, isSurplus: Bool) {
        let slot = passing.slot
        endPassing()
        table.leg(slot).pointee.takeUp(packet, isSurplus: isSurplus)
        work.decodes += 1
    }

    /// The mix takes over, from this tick on: the talker's ear hears what the listeners heard last, and so do the
    /// encoders.
    mutating func endPassing() {
        guard passing.isOn else { return }
        let leg = table.leg(passing.slot)
        defer { passing.end() }
        guard let ear = leg.pointee.ear else { return }
        let samples = ear.pointee.skipped.samples
        ear.pointee.reset()
        let count = passing.through.decode(&ear.pointee.decoder, into: samples)
        let late = PassThrough.splice(samples, count: count)
        for kind in kinds {
            guard let encoder = shared[kind], encoder.pointee.listeners > 0 else { continue }
            encoder.pointee.prime(samples, count: count, late: late, tick: ticks &- 1, scratch: scratch)
            work.encodes += UInt64(count / AudioFrame.count)
        }
        work.decodes += UInt64(passing.through.count)
        leg.pointee.counts.packetsDecoded += UInt64(passing.through.count)
        ear.pointee.lastPayloadLength = passing.through.lastLength
        if count >= AudioFrame.count {
            ear.pointee.frame.copy(samples + (count - AudioFrame.count))
            ear.pointee.peak = SampleKernels.peak(ear.pointee.frame.samples, count: AudioFrame.count)
            common.copy(ear.pointee.frame.samples)
        } else {
            ear.pointee.frame.clear()
        }
        // What comes is another's: only the listeners heard the one before.
        if leg.pointee.source.ssrc != passing.source { ear.pointee.decoder.reset() }
    }

    /// The talker fell asleep: everybody was sent its silence, so that none of ours is encoded.
    mutating func settlePassing(_ slot: Int) {
        guard passing.slot == slot else { return }
        passing.end()
        for kind in kinds { shared[kind]?.pointee.reset() }
        quiet = max(quiet, UInt32(configuration.tail))
    }
}
