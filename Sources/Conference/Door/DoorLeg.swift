public import Primitives

/// A call that is answered and not in its room yet: it hears prompts, and nobody hears it.
///
/// asking (for the PIN) → waiting (for a moderator) → naming (oneself) → in the room; each may be skipped, and three wrong
/// PINs, a full or a locked room end it.
struct DoorLeg: Sendable {
    enum Stage: Sendable, Hashable {
        /// The digits so far, how often they were wrong, and how often they were asked for in vain.
        case asking(digits: String, wrong: Int, asked: Int)
        case waiting
        case naming(Naming, asModerator: Bool)

        var isNaming: Bool { if case .naming = self { true } else { false } }
    }

    /// asked (for the name) → speaking (it is written down) → ending (what there is of it is awaited).
    enum Naming: Sendable, Hashable { case asked, speaking, ending }

    var entering: EnteringLeg
    /// The mix it is alone in.
    let mix: MixID
    var stage: Stage
    /// How many wrong PINs it gave while it waited.
    var wrong = 0
    /// What the roster of who waits calls it.
    let name: String
    let since: WallTime

    init(entering: EnteringLeg, mix: MixID, stage: Stage, name: String, since: WallTime) {
        self.entering = entering
        self.mix = mix
        self.stage = stage
        self.name = name
        self.since = since
    }
}

/// Somebody who waits at a room's door (RFC 4575 status `pending`); moderators see them.
public struct PendingCaller: Sendable, Hashable {
    public let leg: LegID
    public let name: String
    public let address: PeerAddress
    public let since: WallTime

    public init(leg: LegID, name: String, address: PeerAddress, since: WallTime) {
        self.leg = leg
        self.name = name
        self.address = address
        self.since = since
    }
}
