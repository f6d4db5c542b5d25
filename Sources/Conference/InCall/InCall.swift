import Primitives

/// What goes on in a bridged call beside the call itself.
struct InCall: Sendable, Hashable {
    /// A leg on its way to the place of one of the two.
    var pending: PendingLeg?
    private var ends: [LegID: CallEnd] = [:]
    /// Whether who is held hears music of ours; who does, and since when the tune plays.
    var playsMusic = false
    var music: [LegID: Instant?] = [:]

    init() {}

    init(of call: IncomingCall, from leg: LegID, playsMusic: Bool) {
        self.playsMusic = playsMusic
        self[leg].displayName = call.displayName
        self[leg].origin = call.origin
        self[leg].account = call.account
        self[leg].isProven = call.isAuthenticated
        self[leg].isByLine = call.line != nil
    }

    subscript(_ leg: LegID) -> CallEnd {
        get { ends[leg] ?? CallEnd() }
        set { ends[leg] = newValue }
    }

    /// Who was called is as good as proven where only that one can be reached: an account of ours, or whoever a trusted
    /// peer has there. Others are known by the host that they were called at.
    mutating func know(_ leg: LegID, at target: PeerAddress, _ configuration: ConferenceConfiguration) {
        guard target.network == .sip else { return }
        self[leg].isProven = self[leg].isProven || configuration.vouches(for: target)
        self[leg].origin = IPAddress(target.hostName).map { "\($0.unmapped)" }
    }

    /// A call goes on by another leg.
    mutating func move(_ leg: LegID, to next: LegID) { ends[next] = ends.removeValue(forKey: leg) }

    /// A leg comes over from another call.
    mutating func take(_ leg: LegID, from other: InCall, face: PeerAddress) {
        self[leg] = other[leg]
        self[leg].face = face
    }

    /// Nothing is known any more of a leg.
    mutating func forget(_ leg: LegID) {
        ends[leg] = nil
        music[leg] = nil
    }
}
