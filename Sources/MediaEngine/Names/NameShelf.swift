import Conference
import Media

/// Names that callers said, by the leg they were said on. Lives on the control loop.
struct NameShelf {
    /// Most that are being said at a time, 288 kB each, and most samples that are kept: 64 MB.
    static let mostTapes = 100
    static let mostSamples = 32 << 20

    private var tapes: [LegID: NameTape] = [:]
    private var names: [LegID: Recording] = [:]
    /// Forgotten, and perhaps still being played: freed here and not on a media thread.
    private var retired: [Recording] = []
    private var retiredTapes: [NameTape] = []
    private var samples = 0

    subscript(_ leg: LegID) -> Recording? { names[leg] }

    /// Whether nothing is kept at all.
    var isEmpty: Bool { tapes.isEmpty && names.isEmpty && retired.isEmpty && retiredTapes.isEmpty }

    /// A tape for a leg; nil where there are too many.
    mutating func begin(_ leg: LegID) -> NameTape? {
        sweep()
        guard tapes.count + retiredTapes.count < Self.mostTapes, samples + NameTape.limit <= Self.mostSamples else {
            return nil
        }
        let tape = NameTape()
        tapes[leg] = tape
        return tape
    }

    /// The leg's tape is full enough.
    /// - Returns: whether there is a name on it; nil when there is no tape.
    mutating func end(_ leg: LegID) -> Bool? {
        guard let tape = tapes.removeValue(forKey: leg) else { return nil }
        guard let name = tape.name() else { return false }
        forget(leg)
        names[leg] = name
        samples += name.count
        return true
    }

    /// The leg is over before its name was said.
    mutating func cancel(_ leg: LegID) {
        if let tape = tapes.removeValue(forKey: leg) { retiredTapes.append(tape) }
        sweep()
    }

    mutating func forget(_ leg: LegID) {
        if let old = names.removeValue(forKey: leg) { retired.append(old) }
        sweep()
    }

    /// Frees what is played no more.
    mutating func sweep() {
        for index in retired.indices.reversed() where retired[index].isUnused() {
            samples -= retired[index].count
            retired.remove(at: index)
        }
        for index in retiredTapes.indices.reversed() where isKnownUniquelyReferenced(&retiredTapes[index]) {
            retiredTapes.remove(at: index)
        }
    }
}
