import Conference
import Primitives
import SIP

/// The phones that watch somebody, by dialog and by link: what is said of a link is told to those alone whom it concerns.
struct PresenceWatchers {
    private var watchers = AlarmTable<DialogID, PresenceWatcher>()
    private var dialogs: [PresenceLink: Set<DialogID>] = [:]

    var nextWake: Instant? { watchers.nextWake }
    var count: Int { watchers.count }
    var isEmpty: Bool { watchers.isEmpty }
    /// How many links they have between them.
    var linkCount: Int { dialogs.count }

    subscript(_ dialog: DialogID) -> PresenceWatcher? {
        get { watchers[dialog] }
        set {
            let before = watchers[dialog]?.link
            watchers[dialog] = newValue
            guard before != newValue?.link else { return }
            if let before {
                dialogs[before]?.remove(dialog)
                if dialogs[before]?.isEmpty == true { dialogs[before] = nil }
            }
            if let newValue { dialogs[newValue.link, default: []].insert(dialog) }
        }
    }

    mutating func removeValue(forKey dialog: DialogID) -> PresenceWatcher? {
        let watcher = watchers[dialog]
        self[dialog] = nil
        return watcher
    }

    func isWatched(_ link: PresenceLink) -> Bool { dialogs[link] != nil }

    /// The dialogs of who watches that, in one order always.
    func dialogs(of link: PresenceLink) -> [DialogID] {
        (dialogs[link] ?? []).sorted { ($0.callID, $0.remoteTag) < ($1.callID, $1.remoteTag) }
    }

    mutating func takeDue(by now: Instant) -> [DialogID] { watchers.takeDue(by: now) }

    mutating func arm(_ dialog: DialogID) { watchers.arm(dialog) }
}
