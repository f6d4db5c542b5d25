import Conference

/// `user` (RFC 4575 section 5.6).
public struct InfoUser: Sendable, Hashable {
    /// How users of the XMPP side are written.
    public enum Scheme: Sendable, Hashable {
        /// Each by the URI of its own side: `xmpp:alice@example.org`.
        case native
        /// As SIP URIs too, `sip:alice@example.org`, for clients that cut off four characters and take the rest.
        case sip
    }

    /// Unique in the document.
    public var entity: String
    public var state: ConferenceInfoDocument.State
    public var displayText: String
    public var roles: [String]
    public var endpoints: [InfoEndpoint]

    public init(
        entity: String, state: ConferenceInfoDocument.State, displayText: String = "", roles: [String] = [],
        endpoints: [InfoEndpoint] = []
    ) {
        self.entity = entity
        self.state = state
        self.displayText = displayText
        self.roles = roles
        self.endpoints = endpoints
    }

    init(_ participant: Participant, entity: String) {
        self.init(
            entity: entity, state: .full, displayText: participant.name, roles: InfoUser.roles(participant.role),
            endpoints: InfoEndpoint.endpoints(of: participant, userEntity: entity))
    }

    /// Who does not tell who it is gets a URI that tells nothing but stays the same (RFC 4575 section 5.6).
    static func nativeEntity(_ participant: Participant) -> String {
        participant.address.identifiesPerson
            ? AddressURI.user(participant.address) : "sip:anonymous\(participant.id.value)@anonymous.invalid"
    }

    private static func roles(_ role: Role) -> [String] {
        switch role {
        case .moderator: ["admin", "speaker"]
        case .speaker: ["speaker"]
        case .listener: ["listener"]
        }
    }

    public var element: InfoElement {
        var children: [InfoElement] = []
        if state != .deleted {
            children.append(InfoElement("display-text", text: displayText))
            if !roles.isEmpty {
                children.append(InfoElement("roles", children: roles.map { InfoElement("entry", text: $0) }))
            }
            children += endpoints.map(\.element)
        }
        return InfoElement(
            "user", attributes: [.init("entity", entity), .init("state", state.rawValue)], children: children)
    }
}
