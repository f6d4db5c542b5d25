/// What a room keeps about a slot beside its leg.
struct Seat {
    var isTaken = false
    /// In this tick's sum with something that sounds.
    var isHeard = false
    /// Put to sleep at the end of this tick.
    var isTired = false
    var hasNews = false
    /// Ticks for which the leg still hears a mix of its own.
    var hangover: UInt8 = 0
    /// Ticks for which an awake leg found no place among the loudest.
    var waiting: UInt8 = 0
    /// Ticks for which what the leg gets has been silent.
    var quiet: UInt32 = 0
    /// Places in the room's lists; -1 where it is not in.
    var awakePlace: Int32 = -1
    var specialPlace: Int32 = -1
    /// The next free slot, while this one is.
    var nextFree: Int32 = -1
    /// Of this tick's frame, in dBov.
    var level = Decibels.least
    var standing = SpeakerRanking.Standing()
    /// Contributes to the sum: fading in or out, or in full.
    var isMixed = false
    var own: UnsafeMutablePointer<OwnMix>?
}
