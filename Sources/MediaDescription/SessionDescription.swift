/// One side's view of a session: an offer, an answer, or a later change of either.
///
/// SDP text and Jingle XML are two codecs of this one value (RFC 8866, RFC 3264; XEP-0166, XEP-0167).
public struct SessionDescription: Hashable, Sendable {
    /// The `o=` line; nil when it came from Jingle, which has none.
    public var origin: Origin?
    /// BUNDLE and other groups (RFC 5888, XEP-0338), in the order written.
    public var groups: [ContentGroup]
    /// The m-lines or contents, in offer order.
    public var contents: [ContentDescription]

    public init(origin: Origin? = nil, groups: [ContentGroup] = [], contents: [ContentDescription] = []) {
        self.origin = origin
        self.groups = groups
        self.contents = contents
    }
}

/// The `o=` line of SDP (RFC 8866 section 5.2).
public struct Origin: Hashable, Sendable {
    public var username: String
    public var sessionID: UInt64
    /// Goes up by one with each changed description of the same session.
    public var version: UInt64
    public var address: String

    public init(username: String = "-", sessionID: UInt64, version: UInt64, address: String) {
        self.username = username
        self.sessionID = sessionID
        self.version = version
        self.address = address
    }
}

/// Contents that belong together (RFC 5888, RFC 9143, XEP-0338).
public struct ContentGroup: Hashable, Sendable {
    /// `BUNDLE`, `LS`, …
    public var semantics: String
    /// The `mid`s or content names.
    public var names: [String]

    public init(semantics: String, names: [String]) {
        self.semantics = semantics
        self.names = names
    }
}
