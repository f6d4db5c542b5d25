public import Conference
public import SIP

/// What a `SIPAdapter` wants done, in order, each time it has been fed or woken.
public struct SIPOutput: Sendable {
    public var packets: [Outgoing] = []
    /// Names to be resolved; each is answered with `SIPAdapter.resolved`.
    public var lookups: [SIPLookup] = []
    public var notices: [SIPNotice] = []
    /// Accounts whose `SIPAdapter.bindings` are to be kept anew.
    public var registrations: [String] = []

    public init() {}
}

/// A search of the DNS that is to be carried out.
public struct SIPLookup: Sendable {
    /// What it is for: a call, a request outside of any, a registration, or to know a host of the operator's.
    public enum Owner: Sendable, Hashable {
        case leg(LegID)
        case outside(OutsideID)
        case line(LineID)
        case host(String)
    }

    public let owner: Owner
    public let search: SIPTargetSearch
}

/// Something that happened and is worth a line in the log. Never holds the body of a message.
public struct SIPNotice: Hashable, Sendable {
    public enum Level: String, Sendable, Hashable { case debug, info, warning }

    public var level: Level
    public var text: String

    public init(_ level: Level, _ text: String) {
        self.level = level
        self.text = text
    }
}
