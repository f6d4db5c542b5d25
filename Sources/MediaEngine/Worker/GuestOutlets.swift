import MediaSecurity

/// Outlets that this worker gave to others, by the number under which they know them.
struct GuestOutlets: ~Copyable {
    struct Guest: ~Copyable {
        /// Nil when the leg is over.
        var leg: Int?
        let host: Int
        /// Keys that came while the outlet was on its way back.
        var keys: SRTPSession?
    }

    private var table = SlotTable<Guest>()
    /// What is to be said to a host in the order of the packets, and found its ring full.
    var unsaid: [(kind: WorkerRing.Kind, number: Int, host: Int)] = []

    init() {}

    var count: Int { table.count }
    mutating func add(_ leg: Int, host: Int) -> Int { table.add(Guest(leg: leg, host: host)) }
    mutating func remove(_ number: Int) { _ = table.remove(number) }
    func isTaken(_ number: Int) -> Bool { table.isTaken(number) }
    subscript(_ number: Int) -> UnsafeMutablePointer<Guest> { table[number] }
}

/// Outlets that this worker keeps for others: each other's number to its own.
struct HostedOutlets: ~Copyable {
    private var numbers: [[Int32]]

    init(_ workers: Int) { numbers = Array(repeating: [], count: workers) }

    func outlet(of worker: Int, _ number: Int) -> Int? {
        guard number >= 0, number < numbers[worker].count, numbers[worker][number] >= 0 else { return nil }
        return Int(numbers[worker][number])
    }

    mutating func set(_ outlet: Int?, of worker: Int, _ number: Int) {
        while numbers[worker].count <= number { numbers[worker].append(-1) }
        numbers[worker][number] = Int32(truncatingIfNeeded: outlet ?? -1)
    }
}
