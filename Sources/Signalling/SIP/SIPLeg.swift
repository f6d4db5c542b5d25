import Conference
import MediaDescription
import Primitives
import SIP

/// One call: an INVITE, the dialog that it makes, and its offers and answers.
///
/// Incoming: offered → answered (200 sent) → up (ACK) . Outgoing: resolving → calling → up (200). Either → gone; by way
/// of `ending` when BYE must wait for the ACK, and of `cancelling` when the peer's final response is still to come.
struct SIPLeg: Alarmed {
    enum Stage: Hashable {
        case offered(ServerTransactionID)
        case answered
        case resolving
        case calling
        case up
        /// Over for the domain; BYE follows the ACK (RFC 3261 section 15).
        case ending(EndReason)
        /// Over for the domain; the INVITE is cancelled.
        case cancelling
    }

    let id: LegID
    let isIncoming: Bool
    var stage: Stage
    /// The INVITE of the call, the peer's or ours.
    var invite: SIPMessage
    var flow: SIPFlow
    /// Our Contact.
    var contact: NameAddress
    /// Whether it is a call with a room: the peer may write and subscribe.
    var isRoom: Bool
    /// The peer as the domain knows it.
    let peer: PeerAddress
    var dialog: DialogID?
    /// Of an outgoing call, where it goes by one.
    var trunk: SIPLegTrunk?
    /// The account of ours elsewhere by which it goes.
    var line: LineID?
    /// Where an incoming call came from.
    var source: IPAddress?

    // Offer and answer.
    let sessionID: UInt64
    /// The peer's offer that is yet to be answered.
    var offer: SessionDescription?
    /// Our offer that is yet to be answered, in a 2xx or an INVITE.
    var ourOffer: SessionDescription?
    /// Answers in provisional responses, for peers that leave them out of the 2xx; each branch of a fork has its own.
    var earlyAnswers: [DialogID: EarlyAnswer] = [:]
    /// Our last description that was settled or sent in an answer.
    var described: SessionDescription?
    var agreed: AgreedMedia?
    var local: LocalMedia?
    /// How an offer of ours is to be protected.
    var mediaOffer = SIPMediaSecurity.Offer.plain
    /// What we are willing in, as seen from us.
    var willing = StreamDirection.sendrecv
    /// As the peer last wanted it, seen from the peer.
    var wanted = StreamDirection.sendrecv

    /// Our direction in what both are willing in; a description that says another is to be followed by a new offer.
    var owed: StreamDirection {
        StreamDirection(
            sends: willing.sends && wanted.receives, receives: willing.receives && wanted.sends)
    }

    // Transactions.
    var unacknowledged: UnacknowledgedAnswer?
    /// Our last INVITE or re-INVITE, kept to acknowledge repeated 2xx.
    var clientInvite: ClientTransactionID?
    var isReinviting = false
    /// How often the last INVITE or UPDATE of ours was challenged.
    var challenges = 0
    /// When a re-INVITE of ours that has no final response is cancelled.
    var reinviteUntil: Instant?
    /// When the re-INVITE that met a 491 is tried again (RFC 3261 section 14.1).
    var reinviteAt: Instant?
    /// The phones of an account that ring, and what others answered.
    var branches: [ClientTransactionID: SIPBranch] = [:]
    var refusals: [Int] = []
    /// Whether they ring again in the clear, as none could take protected media.
    var isInTheClear = false
    /// Where else the call may be sent, in order of preference (RFC 3263 section 4.3).
    var targets: [SIPTarget] = []
    /// When a target that says nothing at all is given up for the next.
    var tryNextAt: Instant?
    /// When a call whose WebSocket was closed is given up.
    var lostUntil: Instant?
    /// When an outgoing call has rung long enough, or its CANCEL has had no effect for long enough.
    var deadline: Instant?
    var hasRung = false
    /// A 180 of ours whose PRACK is still to come (RFC 3262).
    var reliable: ReliableProvisional?
    /// Of an INVITE of ours, with the RSeq that was last acknowledged in each.
    var earlyDialogs: [DialogID: UInt32?] = [:]
    /// Who refreshes the session, and when it is over (RFC 4028).
    var timer: SessionTimer?
    var timerPolicy = SessionTimer.Policy()
    /// How often in a row the peer refused with 422, and was asked again; it may come to no end.
    var longerSessions = 0
    static let mostLongerSessions = 2
    /// How often in a row a refresh of ours was refused.
    var refusedRefreshes = 0
    /// Whether the peer's Allow has UPDATE.
    var allowsUpdate = false
    /// Whether the peer takes another From in the call (RFC 4916 section 4.4).
    var takesFromChange = false
    /// Who the peer talks to, where that has changed, in headers of requests of ours.
    var connected: [SIPHeader] = []
    /// Who is to be called in once the call is up (RFC 5366).
    var invitations: [Invitation] = []
    var text = OutgoingTexts()
    var keys = OutgoingKeys()

    /// Whether the domain still knows it.
    var isLive: Bool {
        switch stage {
        case .ending, .cancelling: false
        default: true
        }
    }

    var nextWake: Instant? {
        [
            unacknowledged?.nextWake, reinviteAt, deadline, timer?.nextWake, reliable?.nextWake, lostUntil, tryNextAt,
            reinviteUntil,
        ].compactMap(\.self).min()
    }

    /// The `o=` line of our next description.
    var origin: Origin {
        let version = described?.origin.map { $0.version &+ 1 } ?? 1
        return Origin(
            sessionID: sessionID, version: version, address: flow.local?.ip.description ?? flow.remote.ip.description)
    }

    /// Our DTLS role, once settled.
    var setup: SetupRole? {
        if let dtls = agreed?.dtls { return dtls.isClient ? .active : .passive }
        guard case .ice(_, _, let isClient) = agreed?.transport else { return nil }
        return isClient ? .active : .passive
    }
}
