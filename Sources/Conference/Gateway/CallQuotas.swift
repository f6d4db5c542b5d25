import Primitives

/// How many calls are counted and how long they have lasted today: begun → answered → ended. A day ends at the operator's
/// midnight, also for calls that are up then.
struct CallQuotas: Sendable {
    /// How much of each class.
    private typealias Sums<Value> = [NumberClass: Value]

    private struct Call: Sendable {
        let fare: Fare
        let quotas: [(quota: CallQuota, account: String)]
        let accounts: [String]
        /// Those of them of which minutes count.
        let timed: [String]
        var answered: Instant?
        /// Up to when its time is in `used`.
        var counted = Instant.zero
    }

    static let mostAccounts = 20_000
    /// How often what runs is written down.
    static let interval = Duration.seconds(60)
    private static let dayLength: Int64 = 86_400_000

    private let configuration: CallingConfiguration
    private var day = Int64.min
    /// Milliseconds of today, by account.
    private var used: [String: Sums<Int64>] = [:]
    private var calls: [LegID: Call] = [:]
    private var atOnce: [String: Sums<Int>] = [:]
    private var changed: Set<String> = []
    private var nextWriting: Instant?
    /// When `wake` is next due.
    private(set) var nextWake: Instant?

    init(_ configuration: CallingConfiguration) { self.configuration = configuration }

    var count: Int { calls.count }
    var accountCount: Int { used.count }

    func fare(of leg: LegID) -> Fare? { calls[leg]?.fare }

    func isAnswered(_ leg: LegID) -> Bool { calls[leg]?.answered != nil }

    static func day(of wall: WallTime, offset: Duration) -> Int64 {
        let shifted = wall.milliseconds &+ offset.nanoseconds / 1_000_000
        let quotient = shifted / dayLength
        return shifted % dayLength < 0 ? quotient - 1 : quotient
    }

    func day(of wall: WallTime) -> Int64 { CallQuotas.day(of: wall, offset: configuration.dayOffset) }

    /// Puts back what was used on the day that it is.
    mutating func restore(_ usage: [CallUsage], at wall: WallTime) {
        day = day(of: wall)
        for one in usage where one.day == day {
            guard let numberClass = NumberClass(one.numberClass) else { continue }
            used[shared(one.account), default: [:]][numberClass] = one.milliseconds
        }
    }

    // MARK: A call

    /// Why a call may not begin now.
    mutating func refusal(of fare: Fare, _ now: Instant, _ wall: WallTime) -> CallRefusal? {
        let quotas = configuration.quotas(for: fare)
        guard !quotas.isEmpty else { return nil }
        account(now, wall)
        for (quota, account) in quotas {
            if let most = quota.callsAtOnce, quota.sum(atOnce[account]) >= most { return .tooManyCalls(quota.holder) }
            if let left = left(of: quota, account), left <= 0 { return .minutesUsed(quota.holder) }
        }
        return nil
    }

    mutating func begin(_ leg: LegID, _ fare: Fare) {
        guard calls[leg] == nil else { return }
        let quotas = configuration.quotas(for: fare)
        let accounts = Set(quotas.map(\.account)).sorted()
        let timed = Set(quotas.filter { $0.quota.minutesADay != nil }.map(\.account)).sorted()
        calls[leg] = Call(fare: fare, quotas: quotas, accounts: accounts, timed: timed)
        for account in accounts { atOnce[account, default: [:]][fare.numberClass, default: 0] += 1 }
    }

    mutating func answered(_ leg: LegID, _ now: Instant, _ wall: WallTime) {
        guard let call = calls[leg], call.answered == nil else { return }
        account(now, wall)
        calls[leg]?.answered = now
        calls[leg]?.counted = now
        arm(now)
    }

    /// The call goes on by another leg.
    mutating func move(_ leg: LegID, to next: LegID) {
        if let call = calls.removeValue(forKey: leg) { calls[next] = call }
    }

    /// - Returns: what is to be kept.
    mutating func ended(_ leg: LegID, _ now: Instant, _ wall: WallTime) -> [CallUsage] {
        guard let call = calls[leg] else { return [] }
        if call.answered != nil { account(now, wall) }
        calls[leg] = nil
        for account in call.accounts {
            let left = (atOnce[account]?[call.fare.numberClass] ?? 1) - 1
            atOnce[account]?[call.fare.numberClass] = left > 0 ? left : nil
            if atOnce[account]?.isEmpty == true { atOnce[account] = nil }
        }
        guard call.answered != nil else { return [] }
        arm(now)
        return drainChanges()
    }

    // MARK: Time

    /// What has lasted long enough, and what is to be kept.
    mutating func wake(at now: Instant, _ wall: WallTime) -> (over: [(LegID, CallRefusal)], usage: [CallUsage]) {
        guard let due = nextWake, due <= now else { return ([], []) }
        account(now, wall)
        nextWriting = nil
        var over: [(LegID, CallRefusal)] = []
        for (leg, call) in calls {
            guard let answered = call.answered else { continue }
            if let most = longest(call), now - answered >= most {
                over.append((leg, .tooLong))
            } else if let spent = call.quotas.first(where: { (left(of: $0.quota, $0.account) ?? 1) <= 0 }) {
                over.append((leg, .minutesUsed(spent.quota.holder)))
            }
        }
        arm(now, leaving: Set(over.map(\.0)))
        return (over.sorted { $0.0 < $1.0 }, drainChanges())
    }

    /// All that has been used up to now, to be kept at the end.
    mutating func settle(_ now: Instant, _ wall: WallTime) -> [CallUsage] {
        account(now, wall)
        return drainChanges()
    }

    /// Adds what has passed to what was used; at midnight all begins anew.
    private mutating func account(_ now: Instant, _ wall: WallTime) {
        let today = day(of: wall)
        let begun = today > day || today < day - 1
        if begun {
            day = today
            used = [:]
            changed = []
        }
        let shifted = wall.milliseconds &+ configuration.dayOffset.nanoseconds / 1_000_000
        let midnight = now - .milliseconds(shifted - today * CallQuotas.dayLength)
        for (leg, call) in calls where call.answered != nil && !call.timed.isEmpty {
            let since = begun ? max(call.counted, midnight) : call.counted
            let passed = (now - since).nanoseconds / 1_000_000
            guard passed > 0 else { continue }
            calls[leg]?.counted = since + .milliseconds(passed)
            for account in call.timed {
                let account = shared(account)
                used[account, default: [:]][call.fare.numberClass, default: 0] += passed
                changed.insert(account)
            }
        }
    }

    /// Where there are too many accounts, new ones share one.
    private func shared(_ account: String) -> String {
        used.count < CallQuotas.mostAccounts || used[account] != nil ? account : "others"
    }

    private mutating func drainChanges() -> [CallUsage] {
        defer { changed = [] }
        return changed.sorted().flatMap { account in
            (used[account] ?? [:]).sorted { $0.key < $1.key }.map {
                CallUsage(day: day, account: account, numberClass: $0.key.name, milliseconds: $0.value)
            }
        }
    }

    /// Milliseconds that are left of a quota; nil where it counts no minutes.
    private func left(of quota: CallQuota, _ account: String) -> Int64? {
        quota.minutesADay.map { Int64($0) * 60_000 - quota.sum(used[shared(account)]) }
    }

    private func longest(_ call: Call) -> Duration? {
        call.fare.numberClass.isFree ? nil : configuration.maximumDuration
    }

    private mutating func arm(_ now: Instant, leaving: Set<LegID> = []) {
        var due: Instant?
        var running: [String: Sums<Int>] = [:]
        func note(_ time: Instant) { due = min(due ?? time, time) }
        let up = calls.filter { $0.value.answered != nil && !leaving.contains($0.key) }.values
        for call in up {
            if let answered = call.answered, let most = longest(call) { note(answered + most) }
            for account in call.timed { running[account, default: [:]][call.fare.numberClass, default: 0] += 1 }
        }
        for call in up {
            for (quota, account) in call.quotas {
                guard let left = left(of: quota, account) else { continue }
                let sharing = Int64(max(1, quota.sum(running[account])))
                note(now + .milliseconds(max(1, left / sharing + 1)))
            }
        }
        nextWriting = running.isEmpty ? nil : nextWriting ?? now + CallQuotas.interval
        if let nextWriting { note(nextWriting) }
        nextWake = due
    }
}

extension CallQuota {
    /// Of all the classes that it covers.
    fileprivate func sum<Value: AdditiveArithmetic>(_ sums: [NumberClass: Value]?) -> Value {
        var sum = Value.zero
        for (numberClass, value) in sums ?? [:] where covers(numberClass) { sum += value }
        return sum
    }
}
