/// A leg that is to take the place of one in a bridged call: dialled for a transfer, or come by itself (RFC 3891).
struct PendingLeg: Sendable, Hashable {
    var leg: LegID
    /// Whose place it takes.
    let place: LegID
    let address: PeerAddress
    var displayName: String?
    var isProven = false
    var origin: String?
    var account: PeerAddress?
    /// Whether it came by itself, and does not know yet to whom it talks.
    var hasCome = false
    /// Who wants to hear how the transfer goes.
    var request: RequestID?
    /// Whether who had the place hung up meanwhile.
    var isPlaceGone = false

    func told(_ progress: RequestProgress) -> [Effect] { request.map { [.progress($0, progress)] } ?? [] }
}
