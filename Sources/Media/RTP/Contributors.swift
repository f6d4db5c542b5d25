/// Who is heard in a mix, and how loud: at most 15, the loudest (RFC 3550 section 5.1, RFC 6465).
struct Contributors {
    static let limit = 15

    private(set) var sources = InlineArray<15, UInt32>(repeating: 0)
    /// -dBov, 0 (loudest) … 127.
    private(set) var levels = InlineArray<15, UInt8>(repeating: 127)
    private(set) var count = 0

    init() {}

    mutating func removeAll() { count = 0 }

    /// Adds one; when there are 15 already, it takes the place of the quietest, if that is quieter.
    mutating func add(_ source: UInt32, level: UInt8) {
        if count < Self.limit {
            sources[count] = source
            levels[count] = level
            count += 1
            return
        }
        var quietest = 0
        for index in 1..<Self.limit where levels[index] > levels[quietest] { quietest = index }
        guard level < levels[quietest] else { return }
        sources[quietest] = source
        levels[quietest] = level
    }
}
