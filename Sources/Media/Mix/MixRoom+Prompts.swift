/// What a room itself has to say: to everybody, as one more voice in the mix, or to one leg alone.
extension MixRoom {
    /// Plays to everybody, behind what is being played; what would wait too long is not played.
    public mutating func play(_ recordings: [Recording]) {
        guard player.hasRoom(for: recordings.count) else { return }
        for recording in recordings { player.add(recording) }
    }

    /// Plays to one leg, in place of what is being played to it, which has a mix of its own meanwhile; `played` is told
    /// when it is over. Where there is nothing to be played, what was is over.
    public mutating func play(_ recordings: [Recording], to slot: Int) {
        guard isTaken(slot) else { return }
        let seat = table.seat(slot)
        guard table.leg(slot).pointee.sends, recordings.contains(where: { $0.count > 0 }) else {
            seat.pointee.prompt?.pointee.removeAll()
            table.leg(slot).pointee.events.add(.played)
            return note(slot)
        }
        let prompt = seat.pointee.prompt ?? Pool.make(PromptPlayer())
        seat.pointee.prompt = prompt
        prompt.pointee.removeAll()
        for recording in recordings { prompt.pointee.add(recording) }
        makeSpecial(slot)
    }

    /// Whether the leg hears nobody; it hears what is played to it.
    public mutating func setDeaf(_ slot: Int, _ deaf: Bool) {
        guard isTaken(slot) else { return }
        table.seat(slot).pointee.isDeaf = deaf
        if deaf { makeSpecial(slot) }
    }

    /// Adds what is played to everybody to this tick's sum.
    mutating func addPrompt() {
        guard player.isPlaying else { return }
        player.take(into: promptFrame.samples)
        heard += 1
        sum.add(promptFrame.samples)
    }

    /// Fetches what is played to a leg alone in this tick.
    /// - Returns: whether there is anything.
    mutating func takePrompt(_ slot: Int) -> Bool {
        guard let prompt = table.seat(slot).pointee.prompt, prompt.pointee.isPlaying else { return false }
        prompt.pointee.take(into: promptFrame.samples)
        if !prompt.pointee.isPlaying {
            table.leg(slot).pointee.events.add(.played)
            note(slot)
        }
        return true
    }

    /// Whether the room has something to say, or somebody is not to hear what all others do: then all is mixed.
    var hasOwnSounds: Bool {
        if player.isPlaying || captures > 0 { return true }
        for place in 0..<special.count {
            let seat = table.seat(special[place])
            if seat.pointee.isDeaf || seat.pointee.prompt?.pointee.isPlaying == true { return true }
        }
        return false
    }

    /// Nothing more is played to the leg.
    func forgetPrompt(_ slot: Int) {
        guard let prompt = table.seat(slot).pointee.prompt else { return }
        table.seat(slot).pointee.prompt = nil
        Pool.destroy(prompt)
    }
}
