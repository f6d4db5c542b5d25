/// What misbehaving participants do, besides speaking.
public enum BadInput: String, Sendable, CaseIterable {
    /// Ten times the packets: 500 a second.
    case flood
    /// As many packets again from another port than the one that was agreed, under another SSRC.
    case forge
    /// Every other packet has a payload type that was not agreed.
    case type
    /// The timestamp jumps by hours, now and then.
    case jump
    /// Packets of 120 ms.
    case long
    /// Opus packets alternate between mono and stereo.
    case stereo
}
