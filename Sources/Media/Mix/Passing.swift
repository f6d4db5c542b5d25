/// Whose Opus packets a room hands on as they come instead of mixing, and how far it is with that.
struct Passing: ~Copyable {
    /// Ticks of quiet in the mix after which a talker's packets may take over: 60 ms.
    static let pause: UInt8 = 3
    /// Ticks for which a change of pace waits for a quiet packet; then the mix does it. Nearly all speech has a pause within
    /// these 5 s; where a core has more than enough to do, mixing would make more late.
    static let patience = 250
    /// Ticks in the mix after a packet that could not be passed: 5 s.
    static let abstinence: UInt64 = 250
    /// Ticks between two looks at a talker who does not say how loud it is, and at one who seems quiet.
    static let lookInterval = 10
    static let quietLookInterval = 5
    /// dB by which a talker may differ from what gain control would make of it.
    static let tolerance: Float = 1.5

    /// -1 while the room mixes.
    private(set) var slot = -1
    /// The SSRC of the packets that are passed.
    private(set) var source: UInt32 = 0
    var through = PassThrough()
    /// How loud the talker is, in dBov, as far as is known.
    var level = Decibels.least
    /// What goes out in this tick; empty when nothing does. Valid within the tick.
    var payload = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Packets of the talker that are missing right before it.
    var lost: UInt16 = 0
    /// Ticks for which nothing is to be taken from the jitter buffer, to lengthen the delay.
    var hold = 0
    /// Ticks since a change of pace is wanted.
    var pending = 0
    /// Ticks until the talker is looked at.
    var untilLook = 0
    /// Ticks of quiet in the mix.
    var quiet: UInt8 = 0
    /// The tick from which on packets may be passed again.
    var notBefore: UInt64 = 0

    init() {}

    var isOn: Bool { slot >= 0 }

    mutating func begin(_ slot: Int, _ source: UInt32, level: Float) {
        self.slot = slot
        self.source = source
        self.level = level
        through.forget()
        clear()
        hold = 0
        pending = 0
        untilLook = 0
        quiet = 0
    }

    mutating func end() {
        slot = -1
        quiet = 0
        clear()
    }

    /// A new tick.
    mutating func clear() {
        payload = UnsafeRawBufferPointer(start: nil, count: 0)
        lost = 0
    }
}
