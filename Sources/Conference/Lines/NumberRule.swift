/// Whose a number is that somebody calls from outside.
public struct NumberRule: Hashable, Sendable {
    /// Literal characters, `?` for any one, `*` for any run; a `+` at the beginning may be there or not.
    public var pattern: String
    /// A room, or an XMPP user by bare JID.
    public var target: Target
    /// Where a call goes that its user does not take; nil for what holds for all.
    public var voicemail: String?

    public enum Target: Hashable, Sendable {
        case room(RoomName)
        case person(PeerAddress)
    }

    public init(pattern: String, target: Target, voicemail: String? = nil) {
        self.pattern = pattern
        self.target = target
        self.voicemail = voicemail
    }

    public func matches(_ number: String) -> Bool {
        guard number.utf8.count <= 256 else { return false }
        func plain(_ text: String) -> String { text.first == "+" ? String(text.dropFirst()) : text }
        return GatewayRoute(pattern: plain(pattern), host: "").matches(plain(number))
    }

    var destination: DialPlan.Destination {
        switch target {
        case .room(let name): .room(name)
        case .person(let address): .peer(address)
        }
    }
}
