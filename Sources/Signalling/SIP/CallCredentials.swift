import Primitives
import SIP

/// A call, with all dialogs that its INVITE has made.
struct CallKey: Hashable {
    let callID: String
    let localTag: String

    init(_ dialog: DialogID) {
        callID = dialog.callID
        localTag = dialog.localTag
    }

    init(_ leg: SIPLeg) {
        callID = leg.invite.callID
        localTag = leg.dialog?.localTag ?? leg.invite.from.tag ?? ""
    }
}

/// Our name and password for the requests of a call, and our answers to who demands them. They outlive the call, for its
/// BYE and for who answers too late.
struct CallCredentials: Alarmed {
    /// A BYE that is sent when the leg is gone, and its answer.
    static let afterlife = Duration.seconds(64)

    let user: DigestUser
    var client: DigestClient?
    /// What the last INVITE had, for its ACK (RFC 3261 section 22.1).
    var ofInvite: [SIPHeader] = []
    var over: Instant?

    var nextWake: Instant? { over }
}

/// A request of ours in a call that is sent again when credentials are demanded; the dialog may be gone by then.
struct DialogRequest {
    var message: SIPMessage
    let flow: SIPFlow
    let dialog: DialogID
    /// How many challenges it has met.
    var challenges = 0
}
