/// The numbers behind names that many would like to have: `Guest`, `Guest 2`, `Guest 3`. Remembers up to which all are
/// taken, so that the thousandth guest is not asked to try them all.
struct NameNumbers: Sendable {
    /// By name in lower case: all smaller numbers are taken.
    private var next: [String: Int] = [:]

    /// The name, with the least number that is free if it is taken.
    mutating func free(like wanted: String, isTaken: (String) -> Bool) -> String {
        guard isTaken(wanted) else { return wanted }
        let key = wanted.lowercased()
        var number = next[key] ?? 2
        var candidate = ParticipantName.numbered(wanted, number)
        while isTaken(candidate) {
            number += 1
            candidate = ParticipantName.numbered(wanted, number)
        }
        next[key] = number
        return candidate
    }

    /// A name is free again: what was known of the wish for it is void, and its number is free for the wish it came from.
    mutating func freed(_ name: String) {
        let key = name.lowercased()
        next[key] = nil
        guard let space = key.lastIndex(of: " "), let number = Int(key[key.index(after: space)...]), number > 1 else {
            return
        }
        let wish = String(key[..<space])
        if let known = next[wish], number < known { next[wish] = number }
    }
}
