/// Legs that are to hear each other.
extension Conference {
    /// To be said before a leg is dialled, where it is one of two.
    func pairing(_ leg: LegID) -> [Effect] {
        guard case .bridged(let caller) = legs[leg], leg != caller else { return [] }
        return [.pair(leg, caller)]
    }
}
