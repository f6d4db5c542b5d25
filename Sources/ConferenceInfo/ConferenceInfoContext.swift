/// What documents of one room say to all of one kind of watchers, whatever happens in the room.
public struct ConferenceInfoContext: Sendable, Hashable {
    /// `host-info` (RFC 4575 section 5.4): who provides the room.
    public struct Host: Sendable, Hashable {
        public var displayText: String
        public var uris: [InfoURI]

        public init(displayText: String, uris: [InfoURI] = []) {
            self.displayText = displayText
            self.uris = uris
        }

        var element: InfoElement {
            var children = [InfoElement("display-text", text: displayText)]
            if !uris.isEmpty { children.append(InfoElement("uris", children: uris.map(\.element))) }
            return InfoElement("host-info", children: children)
        }
    }

    /// How XMPP users are written.
    public var scheme: InfoUser.Scheme
    /// Other addresses of the room, as `conf-uris`.
    public var uris: [InfoURI]
    /// `maximum-user-count`.
    public var maximumUsers: Int?
    public var host: Host?

    public init(
        scheme: InfoUser.Scheme = .native, uris: [InfoURI] = [], maximumUsers: Int? = nil, host: Host? = nil
    ) {
        self.scheme = scheme
        self.uris = uris
        self.maximumUsers = maximumUsers
        self.host = host
    }
}
