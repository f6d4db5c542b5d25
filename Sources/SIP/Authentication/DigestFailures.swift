import Primitives

/// Who has given wrong passwords, by address: some at once, then one in ten seconds.
struct DigestFailures: Sendable {
    /// How many may be wrong at once, and how long it takes until one more may.
    static let burst = 10
    static let pause = Duration.seconds(10)

    private let limit: Int
    /// Since when, reckoned backwards, an address has had all its tries again.
    private var debts: [[UInt8]: Instant] = [:]
    private var order: [[UInt8]] = []
    private var first = 0

    init(limit: Int = 4096) { self.limit = limit }

    /// How many addresses are kept.
    var count: Int { debts.count }

    /// Whether the address has to wait before it is listened to.
    func isBarred(_ source: IPAddress, at now: Instant) -> Bool {
        guard let clear = debts[DigestFailures.key(source)] else { return false }
        return clear - now > DigestFailures.pause * (DigestFailures.burst - 1)
    }

    mutating func note(_ source: IPAddress, at now: Instant) {
        let key = DigestFailures.key(source)
        if debts[key] == nil { order.append(key) }
        debts[key] = max(debts[key] ?? now, now) + DigestFailures.pause
        while debts.count > limit, first < order.count {
            debts[order[first]] = nil
            first += 1
        }
        if first > 1024, first * 2 > order.count {
            order.removeFirst(first)
            first = 0
        }
    }

    private static func key(_ source: IPAddress) -> [UInt8] { source.customer.bytes }
}
