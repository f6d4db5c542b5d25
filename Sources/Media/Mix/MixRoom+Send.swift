extension MixRoom {
    /// Legs that get what nobody else does: talkers, and those to whom keys are sent.
    mutating func sendSpecial(into sink: inout some PacketSink & ~Copyable) {
        var place = special.count - 1
        while place >= 0 {
            sendSpecial(special[place], into: &sink)
            place -= 1
        }
    }

    private mutating func sendSpecial(_ slot: Int, into sink: inout some PacketSink & ~Copyable) {
        let seat = table.seat(slot)
        let leg = table.leg(slot)
        let hadOwn = seat.pointee.hangover > 0
        let isPrompted = takePrompt(slot)
        if seat.pointee.isHeard || isPrompted {
            seat.pointee.hangover = UInt8(min(max(configuration.hangover, 1), 250))
        } else if hadOwn {
            seat.pointee.hangover -= 1
        }
        if seat.pointee.isDeaf { seat.pointee.hangover = max(seat.pointee.hangover, 1) }
        let others = (seat.pointee.isDeaf ? 0 : heard - (seat.pointee.isHeard ? 1 : 0)) + (isPrompted ? 1 : 0)
        seat.pointee.quiet = others > 0 ? 0 : min(seat.pointee.quiet + 1, 1 << 16)
        if leg.pointee.isKey {
            guard let memory = sink.reserve() else { return }
            let length = leg.pointee.keyTick(ticks, &table.output(slot).pointee, into: memory)
            if length > 0 { sink.commit(slot: slot, kind: .rtp, length: length) }
            return
        }
        let tail = UInt32(configuration.tail)
        guard seat.pointee.hangover > 0 else {
            // A stream begins with a packet, even in a silent room: so the peer sees where it comes from.
            if table.output(slot).pointee.packets == 0, quiet > tail + 3 { writeSilence(slot, into: &sink) }
            return leaveSpecial(slot)
        }
        if seat.pointee.quiet <= tail {
            return sendOwn(slot, goesOn: !hadOwn && !seat.pointee.isDeaf, isPrompted: isPrompted, into: &sink)
        }
        releaseOwn(slot)
        if seat.pointee.quiet <= tail + 3 { sendFirstSilence(slot, after: seat.pointee.quiet - tail, into: &sink) }
    }

    /// The mix without the leg itself, and with what is played to it.
    private mutating func sendOwn(
        _ slot: Int, goesOn: Bool, isPrompted: Bool, into sink: inout some PacketSink & ~Copyable
    ) {
        let own = takeOwn(slot, goesOn: goesOn)
        let leg = table.leg(slot)
        let isHeard = table.seat(slot).pointee.isHeard
        var mix = table.seat(slot).pointee.isDeaf ? sum.nothing : sum.all
        if isHeard, !table.seat(slot).pointee.isDeaf, let ear = leg.pointee.ear {
            mix = sum.minus(ear.pointee.frame.samples)
        }
        if isPrompted { mix = sum.plus(promptFrame.samples, mix) }
        own.pointee.limiter.apply(mix, into: own.pointee.samples.samples)
        own.pointee.lastTick = ticks
        work.encodes += 1
        leg.pointee.counts.packetsEncoded += 1
        let output = table.output(slot)
        guard output.pointee.ends(with: ticks), let memory = sink.reserve() else {
            // Also where there is no room: what comes after goes on from it.
            _ = own.pointee.encoder.encode(own.pointee.samples.samples, tick: ticks, into: scratch)
            return
        }
        let tail = tails.get(
            contributors, levelID: output.pointee.levelID, excluding: isHeard ? leg.pointee.source.ssrc : nil)
        guard let start = output.pointee.begin(ticks, tail.octets, contributors: tail.first, into: memory) else {
            return
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[start..<min(memory.count, PacketLimits.size)])
        let length = own.pointee.encoder.encode(own.pointee.samples.samples, tick: ticks, into: room)
        guard length > 0 else { return }
        output.pointee.finish(ticks, payload: length)
        sink.commit(slot: slot, kind: .rtp, length: start + length)
    }

    /// The common mix, to everybody who has nothing of its own.
    mutating func sendShared(into sink: inout some PacketSink & ~Copyable) {
        let before = encodes
        // A packet of several ticks must be fed in each of them.
        for kind in kinds {
            guard let encoder = shared[kind], encoder.pointee.listeners > 0,
                encoder.pointee.encoder.kind.ticksPerPacket > 1
            else { continue }
            _ = encoder.pointee.payload(common.samples, tick: ticks)
        }
        for page in 0..<table.pageCount {
            let first = page * LegTable.pageSize
            let outputs = table.pages[page].outputs
            for index in 0..<min(table.bound - first, LegTable.pageSize) where outputs[index].route == .shared {
                let output = outputs + index
                guard output.pointee.ends(with: ticks), let encoder = shared[Int(output.pointee.kind)],
                    let memory = sink.reserve()
                else { continue }
                let payload = encoder.pointee.payload(common.samples, tick: ticks)
                let tail = tails.get(contributors, levelID: output.pointee.levelID)
                let length = output.pointee.pack(
                    payload, ticks, tail.octets, contributors: tail.first, into: memory)
                guard length > 0 else { continue }
                table.pages[page].legs[index].counts.packetsEncoded += 1
                sink.commit(slot: first + index, kind: .rtp, length: length)
            }
        }
        work.encodes += encodes - before
    }

    private var encodes: UInt64 {
        var encodes: UInt64 = 0
        for kind in kinds { encodes += shared[kind]?.pointee.encodes ?? 0 }
        return encodes
    }

    // MARK: Silence

    /// The room fell silent: everybody is told, once.
    mutating func sendFirstSilence(into sink: inout some PacketSink & ~Copyable) {
        let after = quiet - UInt32(configuration.tail)
        for slot in 0..<table.bound where table.output(slot).pointee.route == .shared {
            sendFirstSilence(slot, after: after, into: &sink)
        }
    }

    /// - Parameter after: ticks since silence is not encoded any more, from 1.
    private mutating func sendFirstSilence(
        _ slot: Int, after: UInt32, into sink: inout some PacketSink & ~Copyable
    ) {
        let output = table.output(slot)
        guard after <= UInt32(output.pointee.ticksPerPacket), output.pointee.ends(with: ticks) else { return }
        writeSilence(slot, into: &sink)
    }

    /// In the leg's turn, while it gets silence: every 400 ms with Opus, as its own DTX does, else every 200 ms.
    mutating func sendSilence(_ slot: Int, into sink: inout some PacketSink & ~Copyable) {
        let output = table.output(slot)
        let since = output.pointee.route == .special ? table.seat(slot).pointee.quiet : quiet
        guard output.pointee.route != .none, output.pointee.route != .relayed,
            since > UInt32(configuration.tail) + 6
        else { return }
        let leg = table.leg(slot)
        guard !leg.pointee.isKey else { return }
        let turn = (ticks + UInt64(slot)) / 10
        guard leg.pointee.kind.codec != .opus || turn.isMultiple(of: 2) else { return }
        writeSilence(slot, into: &sink)
    }

    private mutating func writeSilence(_ slot: Int, into sink: inout some PacketSink & ~Copyable) {
        let output = table.output(slot)
        guard let encoder = shared[Int(output.pointee.kind)], let memory = sink.reserve() else { return }
        let length = output.pointee.packSilence(encoder.pointee.silence, ticks, into: memory)
        if length > 0 { sink.commit(slot: slot, kind: .rtp, length: length) }
    }
}
