import Primitives

/// Legs that do not hear each other by us, as they do so elsewhere: those of a group call of clients (XEP-0272).
/// Everybody else hears them, and they everybody else.
extension MixRoom {
    /// Puts a leg into a group, by number from 1 to 4, or into none by 0. Others are ignored, as is an empty slot.
    public mutating func setGroup(_ slot: Int, _ number: UInt8) {
        guard isTaken(slot), Int(number) <= GroupMixes.limit, table.seat(slot).pointee.group != number else { return }
        if passing.isOn { endPassing() }
        releaseOwn(slot)
        leaveGroup(slot)
        guard let group = groups.make(number, quiet: quiet) else { return makeSpecial(slot) }
        group.pointee.members += 1
        _ = group.pointee.prepare(table.leg(slot).pointee.kind, configuration)
        table.seat(slot).pointee.group = number
        table.seat(slot).pointee.hangover = 0
        makeSpecial(slot)
    }

    /// The leg is in no group any more, and the last takes the group along.
    mutating func leaveGroup(_ slot: Int) {
        let number = table.seat(slot).pointee.group
        guard let group = groups[number] else { return }
        table.seat(slot).pointee.group = 0
        group.pointee.members -= 1
        if group.pointee.members == 0 { groups.remove(number) }
    }

    /// The encoder whose packets a leg gets while it has none of its own, and what that took last.
    func common(for slot: Int) -> (encoder: UnsafeMutablePointer<SharedEncoder>?, previous: UnsafePointer<Int16>) {
        let kind = table.leg(slot).pointee.kind.index
        guard let group = groups[table.seat(slot).pointee.group] else {
            return (shared[kind], UnsafePointer(common.samples))
        }
        return (group.pointee.encoder(kind), UnsafePointer(group.pointee.previous.samples))
    }

    // MARK: Ticks

    /// After a tick was added up, or passed: how it sounds to each group.
    func listenForGroups(isPassed: Bool) {
        guard groups.count > 0 else { return }
        let tail = UInt32(configuration.tail)
        for number in 1...UInt8(GroupMixes.limit) {
            guard let group = groups[number] else { continue }
            let isOwnPassed = isPassed && table.seat(passing.slot).pointee.group == number
            group.pointee.others = isPassed ? isOwnPassed ? 0 : heard : heard - group.pointee.heard
            if isPassed, !isOwnPassed, heard == 0, passing.payload.count > 0 {
                group.pointee.quiet = max(group.pointee.quiet, tail + 3)
            }
            group.pointee.quiet = group.pointee.others > 0 ? 0 : min(group.pointee.quiet + 1, 1 << 16)
            guard group.pointee.quiet <= tail, !isPassed || isOwnPassed else { continue }
            if isPassed {
                group.pointee.listenToNothing(tick: ticks)
            } else {
                group.pointee.listen(sum, tick: ticks)
            }
        }
    }

    /// What a leg of a group gets: the group's mix, or one of its own while something is played to it.
    mutating func sendGrouped(
        _ slot: Int, _ group: UnsafeMutablePointer<GroupMix>, into sink: inout some PacketSink & ~Copyable
    ) {
        let seat = table.seat(slot)
        let leg = table.leg(slot)
        let hadOwn = seat.pointee.hangover > 0
        let isPrompted = takePrompt(slot)
        if isPrompted {
            seat.pointee.hangover = UInt8(min(max(configuration.hangover, 1), 250))
        } else if hadOwn {
            seat.pointee.hangover -= 1
        }
        if seat.pointee.isDeaf { seat.pointee.hangover = max(seat.pointee.hangover, 1) }
        let others = (seat.pointee.isDeaf ? 0 : group.pointee.others) + (isPrompted ? 1 : 0)
        seat.pointee.quiet = others > 0 ? 0 : min(seat.pointee.quiet + 1, 1 << 16)
        if leg.pointee.isKey {
            guard let memory = sink.reserve() else { return }
            let length = leg.pointee.keyTick(ticks, &table.output(slot).pointee, into: memory)
            if length > 0 { sink.commit(slot: slot, kind: .rtp, length: length) }
            return
        }
        let tail = UInt32(configuration.tail)
        guard seat.pointee.hangover > 0 else {
            releaseOwn(slot)
            seat.pointee.quiet = group.pointee.quiet
            if passing.isOn, table.seat(passing.slot).pointee.group != seat.pointee.group {
                sendPassed(to: slot, group, into: &sink)
            } else if group.pointee.quiet <= tail {
                return sendGroupMix(slot, group, into: &sink)
            }
            if table.output(slot).pointee.packets == 0, group.pointee.quiet > tail + 3 {
                writeSilence(slot, into: &sink)
            } else if group.pointee.quiet > tail, group.pointee.quiet <= tail + 3 {
                sendFirstSilence(slot, after: group.pointee.quiet - tail, into: &sink)
            }
            return
        }
        if seat.pointee.quiet <= tail {
            return sendOwn(slot, goesOn: !hadOwn && !seat.pointee.isDeaf, isPrompted: isPrompted, into: &sink)
        }
        releaseOwn(slot)
        if seat.pointee.quiet <= tail + 3 { sendFirstSilence(slot, after: seat.pointee.quiet - tail, into: &sink) }
    }

    private mutating func sendGroupMix(
        _ slot: Int, _ group: UnsafeMutablePointer<GroupMix>, into sink: inout some PacketSink & ~Copyable
    ) {
        let output = table.output(slot)
        guard output.pointee.ends(with: ticks),
            let encoder = group.pointee.prepare(table.leg(slot).pointee.kind, configuration),
            let memory = sink.reserve()
        else { return }
        let before = encoder.pointee.encodes
        let payload = encoder.pointee.payload(group.pointee.frame.samples, tick: ticks)
        work.encodes += encoder.pointee.encodes - before
        let tail = group.pointee.tails.get(group.pointee.contributors, levelID: output.pointee.levelID)
        let length = output.pointee.pack(payload, ticks, tail.octets, contributors: tail.first, into: memory)
        if length > 0 { sink.commit(slot: slot, kind: .rtp, length: length) }
    }

    /// A lone talker's packet, to one who is not of its group.
    private mutating func sendPassed(
        to slot: Int, _ group: UnsafeMutablePointer<GroupMix>, into sink: inout some PacketSink & ~Copyable
    ) {
        guard passing.payload.count > 0, let memory = sink.reserve() else { return }
        sendPassed(to: slot, table.output(slot), memory, into: &sink)
    }

    // MARK: Passing

    /// The mix takes over from a lone talker: so it does for the groups who heard it.
    mutating func primeGroups(_ samples: UnsafePointer<Int16>, count: Int, late: Int) {
        guard groups.count > 0 else { return }
        let own = table.seat(passing.slot).pointee.group
        for number in 1...UInt8(GroupMixes.limit) where number != own {
            guard let group = groups[number] else { continue }
            for kind in group.pointee.kinds {
                guard let encoder = group.pointee.encoder(kind) else { continue }
                encoder.pointee.prime(samples, count: count, late: late, tick: ticks &- 1, scratch: scratch)
                work.encodes += UInt64(count / AudioFrame.count)
            }
            group.pointee.limiter = Limiter()
            if count >= AudioFrame.count { group.pointee.frame.copy(samples + (count - AudioFrame.count)) }
        }
    }

    /// A lone talker fell asleep.
    mutating func settleGroups(_ slot: Int) {
        guard groups.count > 0 else { return }
        let own = table.seat(slot).pointee.group
        for number in 1...UInt8(GroupMixes.limit) where number != own {
            guard let group = groups[number] else { continue }
            for kind in group.pointee.kinds { group.pointee.encoder(kind)?.pointee.reset() }
            group.pointee.quiet = max(group.pointee.quiet, UInt32(configuration.tail))
        }
    }

    // MARK: Silence

    /// Whether all who are looked at apart are of groups that are sent silence.
    var hasOnlySilentGroups: Bool {
        for place in 0..<special.count {
            let slot = special[place]
            let seat = table.seat(slot)
            guard let group = groups[seat.pointee.group], seat.pointee.hangover == 0, !table.leg(slot).pointee.isKey,
                seat.pointee.prompt?.pointee.isPlaying != true, table.output(slot).pointee.packets > 0,
                min(group.pointee.quiet, seat.pointee.quiet) > UInt32(configuration.tail) + 6
            else { return false }
        }
        return true
    }

    /// Once a second: forward error correction follows what the listeners report.
    mutating func tidyGroups() {
        guard groups.count > 0 else { return }
        for number in 1...UInt8(GroupMixes.limit) {
            guard let group = groups[number] else { continue }
            for kind in group.pointee.kinds {
                guard let encoder = group.pointee.encoder(kind) else { continue }
                encoder.pointee.expect(configuration)
                encoder.pointee.loss = 0
            }
        }
    }
}
