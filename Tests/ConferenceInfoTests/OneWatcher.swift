import Conference
import ConferenceInfo
import Primitives

/// A publisher with one watcher, who is told whatever there is to tell whenever it asks.
struct OneWatcher {
    private var publisher: ConferenceInfoPublisher<Int>
    private var isTold = false
    private(set) var version: UInt32 = 0

    init(entity: String, scheme: InfoUser.Scheme = .native) {
        self.init(entity: entity, in: ConferenceInfoContext(scheme: scheme))
    }

    init(entity: String, in context: ConferenceInfoContext) {
        publisher = ConferenceInfoPublisher(context: context, interval: .zero)
        publisher.add(0, entity: entity)
    }

    mutating func update(_ room: Room) -> ConferenceInfoDocument? {
        guard isTold else { return full(room) }
        publisher.changed(at: .zero)
        return seen(publisher.due(room, at: .zero).first?.notice)
    }

    mutating func full(_ room: Room) -> ConferenceInfoDocument? {
        isTold = true
        publisher.changed(at: .zero)
        let notice = publisher.full(for: 0, room, at: .zero)
        _ = publisher.due(room, at: .zero)
        return seen(notice)
    }

    mutating func deleted() -> ConferenceInfoDocument? { seen(publisher.deleted(for: 0)) }

    private mutating func seen(_ notice: ConferenceInfoNotice?) -> ConferenceInfoDocument? {
        if let notice { version = notice.document.version }
        return notice?.document
    }
}
