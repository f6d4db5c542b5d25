/// Something that wants to be woken, at times.
public protocol Alarmed {
    var nextWake: Instant? { get }
}

/// Values by key, and the earliest time at which one of them wants to be woken, without looking at them all.
///
/// A value that is an object changes without the table: `arm` is to be called then.
public struct AlarmTable<Key: Hashable & Sendable, Value: Alarmed> {
    public private(set) var values: [Key: Value] = [:]
    private var alarms = TimerHeap<Key>()
    /// For each key the earliest alarm that is in the heap.
    private var armed: [Key: Instant] = [:]

    public init() {}

    public var count: Int { values.count }
    public var isEmpty: Bool { values.isEmpty }

    /// Of those that are there now.
    public var nextWake: Instant? { alarms.next }

    /// How many alarms are kept, those included that have become void.
    var alarmCount: Int { alarms.count }

    public subscript(key: Key) -> Value? {
        get { values[key] }
        set {
            values[key] = newValue
            if newValue == nil { armed[key] = nil }
            arm(key)
        }
        _modify {
            yield &values[key]
            if values[key] == nil { armed[key] = nil }
            arm(key)
            prune()
        }
    }

    @discardableResult
    public mutating func removeValue(forKey key: Key) -> Value? {
        let value = values[key]
        self[key] = nil
        return value
    }

    /// The keys whose values are due. Each is to be told to `arm` when it has been dealt with.
    public mutating func takeDue(by now: Instant) -> [Key] {
        var due: [Key] = []
        while let key = alarms.pop(dueBy: now) {
            guard let told = armed[key], told <= now else { continue }
            armed[key] = nil
            guard let next = values[key]?.nextWake else { continue }
            if next <= now { due.append(key) } else { note(key) }
        }
        prune()
        return due
    }

    /// To be called when a value may want to be woken at another time.
    public mutating func arm(_ key: Key) {
        note(key)
        prune()
    }

    /// Notes when a value wants to be woken, if that is earlier than was known.
    private mutating func note(_ key: Key) {
        guard let due = values[key]?.nextWake, armed[key].map({ due < $0 }) ?? true else { return }
        armed[key] = due
        alarms.push(due, key)
        guard alarms.count > 2 * armed.count + 64 else { return }
        alarms = TimerHeap()
        for (key, due) in armed { alarms.push(due, key) }
    }

    /// The first alarm is one that counts, or there is none.
    private mutating func prune() {
        while let (due, key) = alarms.first {
            let wanted = values[key]?.nextWake
            if let wanted, armed[key] == due, wanted <= due { return }
            _ = alarms.pop(dueBy: due)
            guard armed[key] == due else { continue }
            armed[key] = nil
            note(key)
        }
    }
}

extension AlarmTable: Sendable where Value: Sendable {}
