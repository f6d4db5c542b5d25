/// What the media of a leg has to tell the control side.
public enum LegEvent: Sendable, Hashable {
    /// The peer pressed a key (RFC 4733 section 3.2): 0…9, 10 = `*`, 11 = `#`, 12…15 = A…D. Said once, at its start.
    case digit(UInt8)
    /// The key was let go, after as many milliseconds.
    case digitEnded(UInt8, milliseconds: Int)
    /// The SSRC that the peer's audio comes with: first known, or changed.
    case source(UInt32)
    /// What was played to the leg alone is over.
    case played
    /// What the leg said as its name is on the tape.
    case captured
    /// RTCP BYE for the SSRC that was heard (RFC 3550 section 6.6).
    case bye
}
