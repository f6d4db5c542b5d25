import Conference

/// The legs of one worker: by number on the packet path, by id for commands.
struct WorkerLegs: ~Copyable {
    private var table = SlotTable<WorkerLeg>()
    private var numbers: [LegID: Int] = [:]

    /// All numbers are below.
    var bound: Int { table.bound }
    func isTaken(_ number: Int) -> Bool { table.isTaken(number) }
    func index(of id: LegID) -> Int? { numbers[id] }

    subscript(_ number: Int) -> UnsafeMutablePointer<WorkerLeg> { table[number] }

    mutating func add(_ leg: consuming WorkerLeg) -> Int {
        let id = leg.id
        let number = table.add(leg)
        numbers[id] = number
        return number
    }

    mutating func remove(_ number: Int) { _ = take(number) }

    mutating func take(_ number: Int) -> WorkerLeg? {
        guard table.isTaken(number) else { return nil }
        numbers[table[number].pointee.id] = nil
        return table.remove(number)
    }
}
