import Conference
import Primitives
import SIP

/// What we watch on the SIP side for somebody on the other: the subscriber's part (RFC 6665 section 4.1).
///
/// asking → active (2xx, with a dialog; refreshed before it expires) → asking …; or waiting, after it was refused or ended,
/// until it may be asked again.
struct PresenceWatch: Alarmed {
    enum Stage: Hashable { case asking, active, waiting }

    let callID: String
    let tag: String
    var stage = Stage.asking
    var dialog: Dialog?
    var flow: SIPFlow?
    var contact: NameAddress?
    var digest: DigestClient?
    /// When it is to be refreshed, or asked for again.
    var due: Instant?
    /// How often in a row there was no answer.
    var failures = 0

    var nextWake: Instant? { due }
}

/// All of them.
struct PresenceWatches {
    static let limit = 5000
    private var watches = AlarmTable<PresenceLink, PresenceWatch>()
    private var links: [String: PresenceLink] = [:]

    var nextWake: Instant? { watches.nextWake }
    var count: Int { watches.count }

    subscript(_ link: PresenceLink) -> PresenceWatch? {
        get { watches[link] }
        set {
            if let old = watches[link] { links[old.tag] = nil }
            watches[link] = newValue
            if let newValue { links[newValue.tag] = link }
        }
    }

    /// What a NOTIFY in that dialog is about: by our tag, as it may come before the answer to the SUBSCRIBE.
    func link(of dialog: DialogID) -> PresenceLink? {
        guard let link = links[dialog.localTag], watches[link]?.callID == dialog.callID else { return nil }
        return link
    }

    mutating func takeDue(by now: Instant) -> [PresenceLink] {
        let due = watches.takeDue(by: now)
        for link in due {
            watches[link]?.due = nil
        }
        return due
    }
}
