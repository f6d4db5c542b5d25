public import Primitives

/// A naming authority pointer (RFC 3403 section 4.1).
public struct NAPTRRecord: Hashable, Sendable {
    public var order: UInt16
    public var preference: UInt16
    public var flags: String
    public var service: String
    public var regexp: String
    public var replacement: String

    public init(
        order: UInt16, preference: UInt16, flags: String, service: String, regexp: String, replacement: String
    ) {
        self.order = order
        self.preference = preference
        self.flags = flags
        self.service = service
        self.regexp = regexp
        self.replacement = replacement
    }
}

/// Where a service is (RFC 2782).
public struct SRVRecord: Hashable, Sendable {
    public var priority: UInt16
    public var weight: UInt16
    public var port: UInt16
    /// Empty for `.`: the service is decidedly not there.
    public var target: String

    public init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }

    /// The records in the order in which to try them: by priority, and among equals drawn by weight (RFC 2782).
    public static func inOrder(_ records: [SRVRecord], entropy: Entropy) -> [SRVRecord] {
        var ordered: [SRVRecord] = []
        for priority in Set(records.map(\.priority)).sorted() {
            // Those of weight 0 stand first, so that they have a small chance.
            var left = records.filter { $0.priority == priority }.sorted { $0.weight == 0 && $1.weight != 0 }
            while !left.isEmpty {
                let sum = left.reduce(0) { $0 + Int($1.weight) }
                let draw = Int(entropy.u32() % UInt32(truncatingIfNeeded: sum + 1))
                var running = 0
                let chosen =
                    left.firstIndex { record in
                        running += Int(record.weight)
                        return running >= draw
                    } ?? left.startIndex
                ordered.append(left.remove(at: chosen))
            }
        }
        return ordered
    }
}

/// What is asked of the DNS.
public enum DNSQuestion: Hashable, Sendable {
    case naptr(String)
    case srv(String)
    /// A and AAAA.
    case addresses(String)
}

/// What it said; empty when there is no such name, no such record, or no answer.
public enum DNSAnswer: Hashable, Sendable {
    case naptr([NAPTRRecord])
    case srv([SRVRecord])
    case addresses([IPAddress])
}
