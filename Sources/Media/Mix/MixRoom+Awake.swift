extension MixRoom {
    /// What is heard of a leg ends at once: its last frame fades away in the next tick.
    mutating func silence(_ slot: Int) {
        guard table.seat(slot).pointee.isMixed, let ear = table.leg(slot).pointee.ear else { return }
        if ear.pointee.peak > configuration.silencePeak {
            farewell.add(ear.pointee.frame.samples)
            groups.silence(ear.pointee.frame.samples, of: table.seat(slot).pointee.group)
        }
        table.seat(slot).pointee.isMixed = false
        table.seat(slot).pointee.isHeard = false
    }

    /// Puts a leg to sleep; its ear is somebody else's from now on.
    mutating func sleep(_ slot: Int) {
        leaveAwake(slot)
        settlePassing(slot)
        if let ear = table.leg(slot).pointee.sleep() { ears.give(ear) }
    }

    /// The leg is not among those who are awake any more, whether it is so or not.
    mutating func leaveAwake(_ slot: Int) {
        let seat = table.seat(slot)
        if let moved = awake.remove(at: seat.pointee.awakePlace) {
            table.seat(moved).pointee.awakePlace = seat.pointee.awakePlace
        }
        if seat.pointee.standing.isIn { ranking.leave(slot) }
        seat.pointee.awakePlace = -1
        seat.pointee.standing = SpeakerRanking.Standing()
        seat.pointee.isMixed = false
        seat.pointee.isHeard = false
        seat.pointee.isTired = false
    }

    /// From now on the leg is looked at apart in each tick.
    mutating func makeSpecial(_ slot: Int) {
        let seat = table.seat(slot)
        guard seat.pointee.specialPlace < 0, table.leg(slot).pointee.sends else { return }
        // Who gets the other's packets does not hear itself anyhow.
        if let way = relay.way(to: slot) {
            guard !isOpen(relay.ways[way].source, slot) else { return }
            endRelay(to: slot)
        }
        seat.pointee.specialPlace = special.add(slot)
        seat.pointee.quiet = quiet
        seat.pointee.hangover = 0
        table.output(slot).pointee.route = .special
    }

    /// The common mix will do for the leg.
    mutating func leaveSpecial(_ slot: Int) {
        let seat = table.seat(slot)
        guard seat.pointee.specialPlace >= 0 else { return }
        releaseOwn(slot)
        if let moved = special.remove(at: seat.pointee.specialPlace) {
            table.seat(moved).pointee.specialPlace = seat.pointee.specialPlace
        }
        seat.pointee.specialPlace = -1
        seat.pointee.hangover = 0
        table.output(slot).pointee.route = table.leg(slot).pointee.sends ? .shared : .none
    }

    /// An encoder for the leg alone. Where the leg had the common mix so far, it goes on where that one's is.
    mutating func takeOwn(_ slot: Int, goesOn: Bool) -> UnsafeMutablePointer<OwnMix> {
        if let own = table.seat(slot).pointee.own { return own }
        let kind = table.leg(slot).pointee.kind
        let own = owns.take { $0.encoder.kind.codec == kind.codec } ?? Pool.make(OwnMix(kind, configuration))
        own.pointee.begin(kind, configuration)
        own.pointee.encoder.expect(loss: table.leg(slot).pointee.loss.expectedLoss, configuration)
        let (encoder, previous) = common(for: slot)
        if goesOn, let encoder, encoder.pointee.lastTick == ticks &- 1 {
            own.pointee.encoder.adopt(encoder.pointee.encoder, previous: previous)
            own.pointee.limiter = limiter
        }
        table.seat(slot).pointee.own = own
        return own
    }

    /// Gives the leg's encoder back. Where nobody else of its class listens, the common one goes on where it was.
    mutating func releaseOwn(_ slot: Int) {
        guard let own = table.seat(slot).pointee.own else { return }
        if own.pointee.lastTick == ticks &- 1, let encoder = common(for: slot).encoder,
            encoder.pointee.lastTick != ticks &- 1, encoder.pointee.lastTick != ticks
        {
            encoder.pointee.adopt(own.pointee.encoder, previous: own.pointee.samples.samples, tick: ticks &- 1)
        }
        table.seat(slot).pointee.own = nil
        owns.give(own)
    }
}
