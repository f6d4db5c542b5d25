public import Conference
import Primitives

/// Who is heard and hears, and what is played to whom.
extension MediaPlane {
    /// A leg that is in a mix is heard, and hears, or not.
    public func setVoice(_ leg: LegID, isMuted: Bool, isDeaf: Bool) {
        guard let session = legs[leg] else { return }
        tell(session, .voice(leg, isMuted: isMuted, isDeaf: isDeaf))
    }

    /// Sends a key to a leg's peer as RFC 4733 has it; ignored where telephone-event was not agreed.
    public func sendKey(_ leg: LegID, event: UInt8) {
        guard let session = legs[leg] else { return }
        tell(session, .key(leg, event))
    }

    /// Plays to one leg; `played` comes back, at once when there is nothing to be played.
    public func play(_ leg: LegID, _ announcement: Announcement) { announce(announcement, to: .leg(leg)) }

    /// Plays to everybody in a mix.
    public func play(_ mix: MixID, _ announcement: Announcement) { announce(announcement, to: .mix(mix)) }
}
