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
    /// Further addresses of the same person (RFC 4575 section 5.6.2): its JID, where `entity` is written as a SIP URI.
    public var associated: [String]
    public var roles: [String]
    /// Language tags, the best first.
    public var languages: [String]
    public var endpoints: [InfoEndpoint]

    public init(
        entity: String, state: ConferenceInfoDocument.State, displayText: String = "", associated: [String] = [],
        roles: [String] = [], languages: [String] = [], endpoints: [InfoEndpoint] = []
    ) {
        self.entity = entity
        self.state = state
        self.displayText = displayText
        self.associated = associated
        self.roles = roles
        self.languages = languages
        self.endpoints = endpoints
    }

    init(_ participant: Participant, entity: String) {
        let native = InfoUser.nativeEntity(participant)
        let languages = participant.endpoints.flatMap(\.languages)
        self.init(
            entity: entity, state: .full, displayText: participant.name, associated: native == entity ? [] : [native],
            roles: InfoUser.roles(participant.role),
            languages: languages.enumerated().filter { !languages[..<$0].contains($1) }.map(\.element),
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
            if !associated.isEmpty {
                children.append(
                    InfoElement(
                        "associated-aors",
                        children: associated.map { InfoElement("entry", children: [InfoElement("uri", text: $0)]) }))
            }
            if !roles.isEmpty {
                children.append(InfoElement("roles", children: roles.map { InfoElement("entry", text: $0) }))
            }
            if !languages.isEmpty {
                children.append(InfoElement("languages", text: languages.joined(separator: " ")))
            }
            children += endpoints.map(\.element)
        }
        return InfoElement(
            "user", attributes: [.init("entity", entity), .init("state", state.rawValue)], children: children)
    }
}
