import ConferenceInfo
import Primitives

/// Something that wants to be woken, at times.
protocol Alarmed {
    var nextWake: Instant? { get }
}

/// Values by key, and the earliest time at which one of them wants to be woken, without looking at them all.
struct AlarmTable<Key: Hashable & Sendable, Value: Alarmed> {
    private(set) var values: [Key: Value] = [:]
    private var alarms = TimerHeap<Key>()
    /// For each key the earliest alarm that is in the heap.
    private var armed: [Key: Instant] = [:]

    var count: Int { values.count }
    var isEmpty: Bool { values.isEmpty }

    /// Of those that are there now.
    var nextWake: Instant? { alarms.next }

    /// How many alarms are kept, those included that have become void.
    var alarmCount: Int { alarms.count }

    subscript(key: Key) -> Value? {
        get { values[key] }
        set {
            values[key] = newValue
            if newValue == nil { armed[key] = nil }
            arm(key)
            prune()
        }
        _modify {
            yield &values[key]
            if values[key] == nil { armed[key] = nil }
            arm(key)
            prune()
        }
    }

    @discardableResult
    mutating func removeValue(forKey key: Key) -> Value? {
        let value = values[key]
        self[key] = nil
        return value
    }

    /// The first alarm is one that counts, or there is none.
    private mutating func prune() {
        while let (due, key) = alarms.first {
            let wanted = values[key]?.nextWake
            if let wanted, armed[key] == due, wanted <= due { return }
            _ = alarms.pop(dueBy: due)
            guard armed[key] == due else { continue }
            armed[key] = nil
            arm(key)
        }
    }

    /// The keys whose values are due. Each is to be told to `arm` when it has been dealt with.
    mutating func takeDue(by now: Instant) -> [Key] {
        var due: [Key] = []
        while let key = alarms.pop(dueBy: now) {
            guard let told = armed[key], told <= now else { continue }
            armed[key] = nil
            guard let next = values[key]?.nextWake else { continue }
            if next <= now { due.append(key) } else { arm(key) }
        }
        return due
    }

    /// Notes when a value wants to be woken, if that is earlier than was known.
    mutating func arm(_ key: Key) {
        guard let due = values[key]?.nextWake, armed[key].map({ due < $0 }) ?? true else { return }
        armed[key] = due
        alarms.push(due, key)
        guard alarms.count > 2 * armed.count + 64 else { return }
        alarms = TimerHeap()
        for (key, due) in armed { alarms.push(due, key) }
    }
}

extension AlarmTable: Sendable where Value: Sendable {}

extension ConferenceInfoPublisher: Alarmed {}
