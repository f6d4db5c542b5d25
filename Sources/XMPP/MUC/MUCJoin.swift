import Primitives

/// `<x xmlns='http://jabber.org/protocol/muc'/>`: what one who enters a room asks for (XEP-0045 sections 7.2.1, 7.2.13).
public struct MUCJoin: Sendable, Hashable {
    public var password: String?
    /// Most messages of history; 0 also where `maxchars` or `seconds` allow nothing.
    public var maximumHistory: Int?
    /// Only messages of this age or less.
    public var historyAge: Duration?
    /// Only messages since then.
    public var historySince: WallTime?

    public init?(_ element: XMLElement) {
        guard element.matches("x", Namespace.muc) else { return nil }
        password = element.child("password", Namespace.muc)?.text
        guard let history = element.child("history", Namespace.muc) else { return }
        func count(_ name: String) -> Int? { history[name].flatMap { Int($0) }.map { max(0, $0) } }
        maximumHistory = count("maxstanzas")
        if count("maxchars") == 0 || count("seconds") == 0 { maximumHistory = 0 }
        historyAge = count("seconds").map { .seconds(min($0, 1_000_000_000)) }
        historySince = history["since"].flatMap { WallTime(xmpp: $0) }
    }
}
