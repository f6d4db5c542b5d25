/// Legs that are to hear each other.
extension Conference {
    /// To be said before a leg is dialled, where it is one of two, or is to take the place of one.
    func pairing(_ leg: LegID) -> [Effect] {
        guard case .bridged(let caller) = legs[leg], leg != caller else { return [] }
        if let bridge = bridgesByCaller[caller], let pending = bridge.inCall.pending, pending.leg == leg {
            return [.pair(leg, bridge.other(than: pending.place))]
        }
        return [.pair(leg, caller)]
    }
}
