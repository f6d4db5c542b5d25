import Primitives

/// What goes on in a bridged call beside the call itself.
struct InCall: Sendable, Hashable {
    /// A leg on its way to the place of one of the two.
    var pending: PendingLeg?
    /// As whom a leg knows the other, where it is not by who called whom.
    var faces: [LegID: PeerAddress] = [:]
    /// What the caller calls itself.
    var displayNames: [LegID: String] = [:]
    /// Whose peers have proven on the SIP side who they are.
    var proven: Set<LegID> = []
    /// The hosts that they came from.
    var origins: [LegID: String] = [:]
    var sources: [LegID: UInt32] = [:]
    /// Those that go by an account of ours elsewhere, under its address alone.
    var byLine: Set<LegID> = []
    /// Whether who is held hears music of ours; who does, and since when the tune plays.
    var playsMusic = false
    var music: [LegID: Instant?] = [:]

    init() {}

    init(of call: IncomingCall, from leg: LegID, playsMusic: Bool) {
        self.playsMusic = playsMusic
        displayNames[leg] = call.displayName
        origins[leg] = call.origin
        if call.isAuthenticated { proven.insert(leg) }
        if call.line != nil { byLine.insert(leg) }
    }

    /// Who was called is as good as proven where only that one can be reached: an account of ours. Others are known by the
    /// host that they were called at.
    mutating func know(_ leg: LegID, at target: PeerAddress, _ configuration: ConferenceConfiguration) {
        guard target.network == .sip else { return }
        if configuration.accounts?.contains(target) == true { proven.insert(leg) }
        origins[leg] = IPAddress(target.hostName).map { "\($0.unmapped)" }
    }

    /// A call goes on by another leg.
    mutating func move(_ leg: LegID, to next: LegID) {
        faces[next] = faces.removeValue(forKey: leg)
        displayNames[next] = displayNames.removeValue(forKey: leg)
        origins[next] = origins.removeValue(forKey: leg)
        if proven.remove(leg) != nil { proven.insert(next) }
        if byLine.remove(leg) != nil { byLine.insert(next) }
    }

    /// Nothing is known any more of a leg.
    mutating func forget(_ leg: LegID) {
        faces[leg] = nil
        displayNames[leg] = nil
        proven.remove(leg)
        sources[leg] = nil
        origins[leg] = nil
        byLine.remove(leg)
        music[leg] = nil
    }
}

/// A leg that is to take the place of one in a bridged call: dialled for a transfer, or come by itself (RFC 3891).
struct PendingLeg: Sendable, Hashable {
    var leg: LegID
    /// Whose place it takes.
    let place: LegID
    let address: PeerAddress
    var displayName: String?
    var isProven = false
    var origin: String?
    /// Whether it came by itself, and does not know yet to whom it talks.
    var hasCome = false
    /// Who wants to hear how the transfer goes.
    var request: RequestID?
    /// Whether who had the place hung up meanwhile.
    var isPlaceGone = false

    func told(_ progress: RequestProgress) -> [Effect] { request.map { [.progress($0, progress)] } ?? [] }
}
