import Conference
import Primitives
import SIP

/// What we watch on the SIP side for somebody on the other: the subscriber's part (RFC 6665 section 4.1).
///
/// asking → active (2xx, with a dialog; refreshed before it expires) → asking …; or waiting, after it was refused or ended,
/// until it may be asked again. Each asking has a Call-ID of its own, by which what is said of an earlier one is known.
struct PresenceWatch: Alarmed {
    enum Stage: Hashable { case asking, active, waiting }

    /// How long it is asked for at first, and at most.
    static let wanted: UInt32 = 3600
    static let most: UInt32 = 86_400
    /// How often in a row a SUBSCRIBE is sent again at once, as it was challenged or asked for too short a time.
    static let mostRepeats = 2

    let callID: String
    let tag: String
    var stage = Stage.asking
    var dialog: Dialog?
    var flow: SIPFlow?
    var contact: NameAddress?
    var digest: DigestClient?
    /// When it is to be refreshed, or asked for again.
    var due: Instant?
    /// When it was granted, refreshes not counted.
    var activeSince: Instant?
    /// How often it was asked for or ended since one lasted for long.
    var failures = 0
    /// For how many seconds it is asked for.
    var seconds = PresenceWatch.wanted
    var repeats = 0
    /// What was said last, by whom and with which CSeq (RFC 3261 section 12.2.2).
    var states: [PresenceState]?
    var heard: (tag: String, sequence: UInt32)?

    /// A 2xx: it is to be refreshed before what was granted is over.
    mutating func granted(by response: SIPMessage, at now: Instant) {
        activeSince = activeSince ?? now
        repeats = 0
        let granted = min(response.expires ?? seconds, PresenceWatch.most)
        due = now + .seconds(Int64(max(granted, 30)) * 9 / 10)
    }

    /// There is no subscription, until `due` (RFC 6665 section 4.1.3). What lasted for some minutes may be asked for soon,
    /// once; whoever ends it at once, each time, is asked less and less often.
    mutating func rest(_ pause: PresencePause, at now: Instant) {
        let wasWell = activeSince.map { now - $0 >= PresencePause.lasting } ?? false
        if wasWell { failures = 0 }
        let growing = min(PresencePause.least * (1 << min(failures, 6)), PresencePause.most)
        stage = .waiting
        dialog = nil
        flow = nil
        states = nil
        activeSince = nil
        repeats = 0
        failures = min(failures + 1, 100)
        due =
            switch pause {
            case .short(let short): now + (wasWell ? short : growing)
            case .growing: now + growing
            case .told(let told): now + max(told, growing)
            case .refused: now + PresencePause.refusal
            }
    }

    /// Whether a NOTIFY comes in order; one that does is noted.
    mutating func accepts(_ request: SIPMessage) -> Bool {
        let tag = request.from.tag ?? ""
        if let heard, heard.tag == tag, request.cseq.number <= heard.sequence { return false }
        heard = (tag, request.cseq.number)
        return true
    }

    /// Asks for as much as there has to be, by the answer 423 (RFC 6665 section 4.1.2.1); false where that was done
    /// already, or is too long.
    mutating func lengthen(by response: SIPMessage) -> Bool {
        guard let least = response.header("Min-Expires").flatMap({ UInt32($0) }), least > seconds,
            least <= PresenceWatch.most, repeats < PresenceWatch.mostRepeats
        else { return false }
        seconds = least
        repeats += 1
        return true
    }

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
