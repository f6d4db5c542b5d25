/// A way out into the telephone network or to a PBX, as far as the domain decides by it: what number is sent there,
/// whose number is shown, and how many calls it takes.
public struct Trunk: Sendable, Hashable {
    /// Where its calls go, with `:port` where it has one.
    public var host: String
    /// How a number is written there.
    public var rewriting = NumberRewriting()
    /// Under which numbers callers are shown there.
    public var callerIDs = CallerIDs()
    /// Most calls at a time; nil for as many as come.
    public var maximumCalls: Int?
    /// Whether who is behind it is who it says.
    public var isTrusted = false

    public init(host: String) { self.host = host }
}

/// How a number that was dialled is written for a trunk.
public struct NumberRewriting: Sendable, Hashable {
    /// Taken off the start, where it is there: `+`, `+49`.
    public var leading = ""
    /// How many characters are taken off the start after that.
    public var count = 0
    /// Put before what is left.
    public var prefix = ""

    public init(leading: String = "", count: Int = 0, prefix: String = "") {
        self.leading = leading
        self.count = count
        self.prefix = prefix
    }

    /// The number as the trunk wants it; as it was, where nothing would be left of it, and where it is a name.
    public func apply(to number: String) -> String {
        guard DialledNumber(number) != nil else { return number }
        let rest = stripped(number)
        return rest.isEmpty ? number : prefix + rest
    }

    /// What is called behind an access code (`9 0900 …`): the number that is left, where it begins as numbers do that go
    /// out, `0` or `+`.
    func behindCode(_ number: String) -> String? {
        guard DialledNumber(number) != nil else { return nil }
        let rest = stripped(number)
        guard count > 0, rest.count < number.count, let first = rest.first, first == "0" || first == "+" else {
            return nil
        }
        return String(rest)
    }

    private func stripped(_ number: String) -> Substring {
        (number.hasPrefix(leading) ? number.dropFirst(leading.count) : number[...]).dropFirst(count)
    }
}

/// Under which number a caller is shown by a trunk.
public struct CallerIDs: Sendable, Hashable {
    /// For who is not in the table; nil shows the caller's own address.
    public var usual: String?
    /// By bare address, or by domain for all of it, in lower case.
    public var table: [String: String]

    /// In the place of a number: none is shown (RFC 3323).
    public static let hidden = "anonymous"

    public init(usual: String? = nil, table: [String: String] = [:]) {
        self.usual = usual
        self.table = table
    }

    /// Who hides who it is is shown under no number.
    public func number(for caller: PeerAddress) -> String? {
        if !caller.identifiesPerson { return CallerIDs.hidden }
        return table["\(caller.user)@\(caller.host)".lowercased()] ?? table[caller.host.lowercased()] ?? usual
    }
}

/// What a call by a trunk has besides those that go straight to a host.
public struct TrunkCall: Sendable, Hashable {
    public var name: String
    /// The number under which the caller is to be shown; nil for the caller's address.
    public var callerID: String?
    /// Whether there is another trunk for it, so that this one need not be waited for.
    public var hasNext: Bool

    public init(name: String, callerID: String? = nil, hasNext: Bool = false) {
        self.name = name
        self.callerID = callerID
        self.hasNext = hasNext
    }
}

/// How a trunk failed that could not place a call, for no reason of whom was called.
public enum TrunkFault: Sendable, Hashable {
    /// It refused this call: 408 or 5xx before anybody was alerted, a redirect, a loop.
    case refused
    /// It has too much to do for so many seconds (503 with Retry-After).
    case overloaded(seconds: Int)
    /// It does not answer at all, cannot be reached, or has no address.
    case unreachable
}
