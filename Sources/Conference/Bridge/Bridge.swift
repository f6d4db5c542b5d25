import MediaDescription
public import Primitives

/// A bridged call: a conference of two that is transparent, so that what happens to one leg happens to the other.
///
/// dialling → ringing → accepting (the callee answered, the caller's side is being answered) → connected; ringing may
/// be skipped, and either leg's end ends it from any state.
public struct Bridge: Sendable, Hashable {
    public enum Phase: Sendable, Hashable {
        case dialling, ringing, accepting
        case connected(MixID)
    }

    public let id: CallID
    /// The leg that arrived.
    public internal(set) var caller: LegID
    /// The leg that was dialled for it.
    public internal(set) var callee: LegID
    /// Who calls, as offered.
    public internal(set) var callerAddress: PeerAddress
    /// What was dialled, as offered.
    public let dialled: PeerAddress
    /// Whom the gateway calls for it.
    public internal(set) var target: PeerAddress
    public internal(set) var phase: Phase
    public let began: WallTime
    /// Since when the two hear each other.
    public internal(set) var connected: WallTime?
    /// Who takes the call where the callee does not.
    var voicemail: Voicemail?
    /// Whose voicemail has taken it.
    var mailbox: PeerAddress?
    /// As the caller says.
    var callerName: String?
    /// How many hops it may take from here on; nil for as many as usual.
    var hops: Int?
    /// Which way media flows as each peer last wanted it, and as each was last told by us.
    var wanted: [LegID: StreamDirection] = [:]
    var told: [LegID: StreamDirection] = [:]
    var inCall = InCall()

    init(
        id: CallID, caller: LegID, callee: LegID, callerAddress: PeerAddress, dialled: PeerAddress,
        target: PeerAddress, began: WallTime
    ) {
        self.id = id
        self.began = began
        self.caller = caller
        self.callee = callee
        self.callerAddress = callerAddress
        self.dialled = dialled
        self.target = target
        phase = .dialling
    }

    func other(than leg: LegID) -> LegID { leg == caller ? callee : caller }

    /// Where a call goes on that is not taken.
    struct Voicemail: Sendable, Hashable {
        var target: PeerAddress
        /// Who was called.
        var owner: PeerAddress
        /// The same, as the SIP side knows it.
        var from: PeerAddress
        var line: LineID?
    }

    var mix: MixID? { if case .connected(let mix) = phase { mix } else { nil } }
}
