import Conference

/// Who, outside of any call, is known to read what besides plain text, or not to: as it wrote so itself, or answered.
struct InstantReaders {
    struct Abilities: Hashable {
        /// `message/cpim`.
        var cpim: Bool?
        /// `application/im-iscomposing+xml`.
        var composing: Bool?
    }

    private static let limit = 4096
    private var known: [PeerAddress: Abilities] = [:]

    subscript(_ peer: PeerAddress) -> Abilities { known[peer.bare] ?? Abilities() }

    mutating func learn(_ peer: PeerAddress, _ change: (inout Abilities) -> Void) {
        guard peer.identifiesPerson else { return }
        if known.count >= InstantReaders.limit, known[peer.bare] == nil { known.removeAll() }
        change(&known[peer.bare, default: Abilities()])
    }
}
