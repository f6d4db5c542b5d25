/// What a room keeps about a slot beside its leg.
struct Seat {
    var isTaken = false
    /// In this tick's sum with something that sounds.
    var isHeard = false
    /// Put to sleep at the end of this tick.
    var isTired = false
    var hasNews = false
    /// Hears nobody.
    var isDeaf = false
    /// Number of the group whose voices it is not given; 0 for none.
    var group: UInt8 = 0
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
    /// Ticks of passing for which the loudness of a talker is taken as known, and whether it is.
    private var known: Int32 = 0
    private(set) var isGainKnown = false
    /// Contributes to the sum: fading in or out, or in full.
    var isMixed = false
    var own: UnsafeMutablePointer<OwnMix>?
    /// What is played to it alone; made when it is first needed.
    var prompt: UnsafeMutablePointer<PromptPlayer>?
    /// Where what it says is kept as its name.
    var nameTape: Unmanaged<NameTape>?

    /// Ticks of passing that one of speech in the mix is good for, and most there may be: a minute for three seconds.
    private static let worth: Int32 = 20
    private static let most: Int32 = 3000

    /// Gain control heard a tick of speech.
    mutating func learnGain() {
        known = min(known + Self.worth, Self.most)
        if known == Self.most { isGainKnown = true }
    }

    /// A tick was passed.
    mutating func useGain() {
        known = max(known - 1, 0)
        if known == 0 { isGainKnown = false }
    }
}
