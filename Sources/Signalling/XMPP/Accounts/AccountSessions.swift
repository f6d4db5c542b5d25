import Conference
import Primitives
import XMPP

/// Wishes that wait for the domain's word, and commands that are being filled in (XEP-0050 section 3.4).
struct AccountSessions: Sendable {
    struct Session: Sendable {
        let id: String
        let began: Instant
        var page = AccountForm.Page.account
        var values: Redacted<AccountForm.Values>
    }

    /// A request that is answered by the domain.
    struct Pending: Sendable {
        let iq: XMLElement
        /// The session of the command that it ends; nil for XEP-0077.
        let session: String?
    }

    private static let lifetime = Duration.seconds(600)
    private static let limit = 1000

    /// One for each user, by bare JID.
    private var sessions: [JID: Session] = [:]
    private var pending: [AccountRequestID: Pending] = [:]
    private var last: UInt64 = 0

    mutating func begin(_ user: JID, _ values: AccountForm.Values, entropy: Entropy, at now: Instant) -> Session {
        sessions = sessions.filter { $0.value.began + AccountSessions.lifetime > now }
        if sessions.count >= AccountSessions.limit, let oldest = sessions.min(by: { $0.value.began < $1.value.began }) {
            sessions[oldest.key] = nil
        }
        let session = Session(id: entropy.token(20), began: now, values: Redacted(values))
        sessions[user.bare] = session
        return session
    }

    subscript(user: JID, id: String) -> Session? {
        get { sessions[user.bare].flatMap { $0.id == id ? $0 : nil } }
        set { if sessions[user.bare]?.id == id { sessions[user.bare] = newValue } }
    }

    /// Keeps a request until `take`, without what it carries.
    mutating func wait(_ iq: XMLElement, session: String? = nil) -> AccountRequestID {
        last += 1
        let id = AccountRequestID(last)
        var kept = iq
        kept.children = []
        pending[id] = Pending(iq: kept, session: session)
        return id
    }

    mutating func take(_ id: AccountRequestID) -> Pending? { pending.removeValue(forKey: id) }
}
