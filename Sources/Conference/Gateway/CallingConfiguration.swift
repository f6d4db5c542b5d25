/// Who may call which numbers, and how much.
public struct CallingConfiguration: Sendable, Hashable {
    public var classes: NumberClasses
    /// Any of them opens.
    public var rules: [CallingRule] = []
    /// All of them hold.
    public var quotas: [CallQuota] = []
    /// After how long a call to a number ends that is not free; nil for never.
    public var maximumDuration: Duration? = .seconds(4 * 3600)
    /// By how much the day begins before that of UTC.
    public var dayOffset = Duration.zero
    public var failures = FailureLimit()

    public init(classes: NumberClasses = NumberClasses(NumberPlan())) { self.classes = classes }

    /// Whether a class is open to somebody who has a way to its numbers.
    func opens(_ numberClass: NumberClass, to payer: Payer) -> Bool {
        numberClass.isFree || rules.contains { $0.opens(numberClass, to: payer) }
    }

    /// The quotas by which a call is counted, with the names under which they do.
    func quotas(for fare: Fare) -> [(quota: CallQuota, account: String)] {
        let found = quotas.compactMap { quota in
            quota.covers(fare.numberClass) ? quota.account(of: fare.payer).map { (quota: quota, account: $0) } : nil
        }
        return found.filter { one in !found.contains { $0.quota.isInPlace(of: one.quota) } }
    }
}

/// How many calls of somebody's may fail within some time, and for how long nothing more is called for who exceeds it.
public struct FailureLimit: Sendable, Hashable {
    /// 0 for no limit.
    public var count = 20
    public var window = Duration.seconds(600)
    public var pause = Duration.seconds(900)

    public init() {}
}

/// What a call is counted as.
public struct Fare: Sendable, Hashable {
    public let payer: Payer
    public let numberClass: NumberClass

    public init(_ payer: Payer, _ numberClass: NumberClass) {
        self.payer = payer
        self.numberClass = numberClass
    }
}
