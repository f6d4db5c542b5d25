/// Decides whether a leg is decoded: asleep until a packet hints at voice, awake until measured silence.
///
/// Hints that are sure (RFC 6464 levels, DTX, energy of G.711) need no more. SILK's activity bits may miss a steady
/// tone: who sleeps by them was measured to be quiet before, and is woken by packets that grow, or by a probe a second.
/// CELT says nothing but its size: who has not shown that silence is smaller than voice stays awake.
struct SpeakerGate: Hashable {
    /// What a packet asks for.
    enum Wish: UInt8, Hashable {
        case nothing
        /// To be decoded from this packet on.
        case wake
        /// To be looked at by a decoder of its own.
        case probe
    }

    /// Louder is never silence; quieter, always, in dBov.
    private static let loud: Float = -45
    private static let faint: Float = -65
    /// Louder than this is voice whether the client says so or not; quieter not even if it does.
    private static let level: Float = -50
    private static let leastVoice: Float = -70
    /// Ticks of silence after which one who spoke sleeps, and one who was woken for nothing.
    private static let hangover: UInt8 = 20
    private static let shortHangover: UInt8 = 6
    /// Packets between two probes: a second at first, four in the end.
    private static let probeInterval: UInt8 = 50
    private static let longestProbeInterval: UInt8 = 200
    /// No packet so small carries voice: 4 kbit/s.
    private static let tiny: Float = 10

    private(set) var isAwake = false
    /// Whether the packets carry RFC 6464 levels.
    private(set) var hasLevels = false
    /// The level that the packets tell, following them, in dBov.
    private(set) var told = Decibels.least
    /// What silence is like on this leg, in dBov.
    private var floor: Float = -60
    /// Octets in 20 ms of quiet packets, and of others; 0 before any.
    private var quietOctets: Float = 0
    private var loudOctets: Float = 0
    private var lastOctets: Float = 0
    private var isBySize = false
    private var hintsVoice = false
    /// Whether voice was measured since the leg woke.
    private var spoke = false
    private var quietTicks: UInt8 = 0
    private var untilProbe: UInt8 = 1
    private var probeInterval: UInt8 = 50

    init() {}

    /// A packet came.
    mutating func notice(_ hint: VoiceHint) -> Wish {
        isBySize = false
        hintsVoice = false
        hasLevels = false
        switch hint {
        case .pause:
            follow(Decibels.least)
            return .nothing
        case .level(let level, let isVoice):
            hasLevels = true
            follow(level)
            let rises = level > Self.faint && level > floor + 12
            hintsVoice = level > -127 && (level >= Self.level || rises || (isVoice && level >= Self.leastVoice))
            if !isAwake, !hintsVoice { learn(level) }
            return hintsVoice && !isAwake ? .wake : .nothing
        case .energy(let level):
            follow(level)
            hintsVoice = level > Self.loud || (level > Self.faint && level > floor + 9)
            if !isAwake, !hintsVoice { learn(level) }
            return hintsVoice && !isAwake ? .wake : .nothing
        case .activity(let isActive, let octets):
            lastOctets = octets
            hintsVoice = isActive
            return isAwake ? .nothing : isActive ? .wake : doubt(octets)
        case .octets(let octets):
            lastOctets = octets
            isBySize = octets > Self.tiny
            if isAwake { return .nothing }
            return isBySize && !tellsBySize ? .wake : doubt(octets)
        }
    }

    /// A tick of one who is awake was decoded.
    /// - Parameter level: of its frame, in dBov.
    /// - Returns: whether to sleep.
    mutating func measure(_ level: Float) -> Bool {
        let isQuiet = !isSound(level)
        learn(level)
        if lastOctets > 0 {
            if isQuiet {
                quietOctets += (lastOctets - quietOctets) * (quietOctets == 0 ? 1 : 0.1)
            } else {
                loudOctets += (lastOctets - loudOctets) * (loudOctets == 0 ? 1 : 0.1)
            }
        }
        guard isQuiet, !hintsVoice else {
            if !isQuiet { spoke = true }
            quietTicks = 0
            return false
        }
        quietTicks = min(quietTicks + 1, 200)
        guard quietTicks >= (spoke ? Self.hangover : Self.shortHangover) else { return false }
        // Where only size would tell, it must tell; who sends nothing at all may sleep in any case.
        return !isBySize || tellsBySize || quietTicks >= 200
    }

    /// Whether a level is more than silence is on this leg.
    func isSound(_ level: Float) -> Bool { level >= Self.loud || (level >= Self.faint && level >= floor + 6) }

    /// Whether the leg is in silence that may end with a packet, or spoke just now.
    var isQuiet: Bool { quietTicks > 2 }

    /// The leg was not listened to for a while: what comes next is looked at if it does not tell by itself.
    mutating func becomeUnsure() {
        untilProbe = 1
        probeInterval = Self.probeInterval
    }

    mutating func wake() {
        isAwake = true
        hintsVoice = false
        spoke = false
        quietTicks = 0
    }

    mutating func sleep() {
        isAwake = false
        untilProbe = Self.probeInterval
        probeInterval = Self.probeInterval
    }

    /// Another source: what was learnt about the first does not hold.
    mutating func forget() {
        let wasAwake = isAwake
        self = SpeakerGate()
        isAwake = wasAwake
    }

    /// Whether silence has been seen to be much smaller than voice.
    private var tellsBySize: Bool {
        quietOctets > 0 && (quietOctets <= Self.tiny || quietOctets * 2 < loudOctets)
    }

    /// Silence, it seems: a packet that grows says otherwise, and now and then it is looked at.
    private mutating func doubt(_ octets: Float) -> Wish {
        if quietOctets > 0, octets > quietOctets * 1.5 + 6 { return .wake }
        quietOctets += (octets - quietOctets) * (quietOctets == 0 ? 1 : 0.1)
        guard octets > Self.tiny else { return .nothing }
        untilProbe &-= 1
        guard untilProbe == 0 else { return .nothing }
        untilProbe = probeInterval
        probeInterval = min(probeInterval, Self.longestProbeInterval / 2) * 2
        return .probe
    }

    /// Down at once, up by 2 dB a second.
    private mutating func learn(_ level: Float) {
        floor += level < floor ? (level - floor) * 0.25 : min(level - floor, 0.04)
        floor = min(max(floor, -80), -50)
    }

    /// Up at once, down by 50 dB a second.
    private mutating func follow(_ level: Float) { told = max(level, told - 1) }
}
