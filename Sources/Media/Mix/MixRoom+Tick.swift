public import Primitives

extension MixRoom {
    /// One tick of 20 ms: decodes, mixes, encodes, and hands everything that is due to the sink.
    public mutating func tick(_ now: Instant, into sink: inout some PacketSink & ~Copyable) {
        decodeInputs(now)
        addUp()
        chooseMixes()
        limiter.apply(sum.all, into: common.samples)
        for slot in 0..<bound where seats[slot].isTaken {
            encodeOutput(slot, into: &sink)
            legs[slot].endTick()
            guard legs[slot].reporter.isDue(now), let memory = sink.reserve() else { continue }
            let length = legs[slot].reportTick(now, into: memory)
            if length > 0 { sink.commit(slot: slot, kind: .rtcp, length: length) }
        }
        ticks &+= 1
        if ticks.isMultiple(of: 50) { fitLoss() }
    }

    /// Ticks that nobody made: the legs' timestamps go on, as time did.
    public mutating func skip(_ missed: Int) {
        for slot in 0..<bound where seats[slot].isTaken { legs[slot].skip(missed) }
    }

    /// Once a second, forward error correction follows what the listeners report.
    private func fitLoss() {
        for index in 0..<AudioEncoder.Class.count where hasShared[index] { shared[index].loss = 0 }
        for slot in 0..<bound where seats[slot].isTaken {
            let loss = Int(legs[slot].reporter.remoteFractionLost * 100)
            let index = legs[slot].encoder.kind.index
            shared[index].loss = max(shared[index].loss, loss)
            legs[slot].encoder.expect(loss: loss, configuration)
        }
        for index in 0..<AudioEncoder.Class.count where hasShared[index] {
            shared[index].encoder.expect(loss: shared[index].loss, configuration)
        }
    }

    private func decodeInputs(_ now: Instant) {
        for slot in 0..<bound where seats[slot].isTaken {
            let hasAudio = legs[slot].decodeTick(now, silence: configuration.silencePeak)
            seats[slot].isHeard = hasAudio && !seats[slot].isMuted
        }
    }

    private mutating func addUp() {
        sum.clear()
        contributors.removeAll()
        for slot in 0..<bound where seats[slot].isTaken && seats[slot].isHeard {
            let frame = legs[slot].frame.samples
            sum.add(frame)
            guard let source = legs[slot].source.ssrc else { continue }
            contributors.add(source, level: min(AudioLevel.measure(frame, AudioFrame.count), 126))
        }
    }

    /// Who gets a mix of its own in this tick. Before anything of the tick is encoded, as an encoder that takes over
    /// from the shared one takes its state as of the last tick.
    private func chooseMixes() {
        for slot in 0..<bound where seats[slot].isTaken {
            if seats[slot].isHeard {
                seats[slot].hangover = max(configuration.hangover, 1)
            } else if seats[slot].hangover > 0 {
                seats[slot].hangover -= 1
            }
            seats[slot].usesOwn = seats[slot].hangover > 0
            guard seats[slot].usesOwn, seats[slot].usedShared else { continue }
            legs[slot].encoder.adopt(shared[legs[slot].encoder.kind.index].encoder, previous: common.samples)
            seats[slot].limiter = limiter
            seats[slot].usedShared = false
        }
    }

    private func encodeOutput(_ slot: Int, into sink: inout some PacketSink & ~Copyable) {
        guard legs[slot].settings.sends, let memory = sink.reserve() else {
            seats[slot].usedShared = false
            return
        }
        let kind = legs[slot].encoder.kind
        let length: Int
        if legs[slot].isKey() {
            length = legs[slot].keyTick(into: memory)
            seats[slot].usedShared = false
        } else if seats[slot].usesOwn {
            let mix = seats[slot].isHeard ? sum.minus(legs[slot].frame.samples) : sum.all
            seats[slot].limiter.apply(mix, into: own.samples)
            length = legs[slot].encodeTick(own.samples, tick: ticks, contributors: contributors, into: memory)
            // A packet of several ticks that the shared encoder ends must have begun there too.
            if kind.ticksPerPacket > 1 { _ = shared[kind.index].payload(common.samples, tick: ticks) }
        } else {
            let payload = shared[kind.index].payload(common.samples, tick: ticks)
            length = legs[slot].packShared(payload, contributors: contributors, into: memory)
            seats[slot].usedShared = true
        }
        if length > 0 { sink.commit(slot: slot, kind: .rtp, length: length) }
    }
}
