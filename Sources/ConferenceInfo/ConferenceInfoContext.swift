/// What documents of one room say to all of one kind of watchers, whatever happens in the room.
public struct ConferenceInfoContext: Sendable, Hashable {
    /// How XMPP users are written.
    public var scheme: InfoUser.Scheme
    /// Other addresses of the room, as `conf-uris`.
    public var uris: [String]

    public init(scheme: InfoUser.Scheme = .native, uris: [String] = []) {
        self.scheme = scheme
        self.uris = uris
    }
}
