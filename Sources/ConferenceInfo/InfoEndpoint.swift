import Conference
public import MediaDescription
public import Primitives

/// `endpoint` (RFC 4575 section 5.7): a call with its audio, or an occupant of the MUC without any.
public struct InfoEndpoint: Sendable, Hashable {
    /// `media` (RFC 4575 section 5.8).
    public struct Audio: Sendable, Hashable {
        /// The SSRC with which it sends; nil until it has sent something.
        public var source: UInt32?
        /// As the participant sees it.
        public var status: StreamDirection

        public init(source: UInt32?, status: StreamDirection) {
            self.source = source
            self.status = status
        }
    }

    /// Unique within its user.
    public var entity: String
    /// For people; nil where there is nothing special about it.
    public var displayText: String?
    public var status: EndpointStatus
    public var joiningMethod: JoiningMethod
    public var joined: WallTime
    public var audio: Audio?
    /// By whom and when it was called in.
    public var referred: Invited?
    /// When and why it was disconnected, where that is its status.
    public var disconnection: Disconnection?

    public init(
        entity: String, status: EndpointStatus, joiningMethod: JoiningMethod, joined: WallTime, audio: Audio?
    ) {
        self.entity = entity
        self.status = status
        self.joiningMethod = joiningMethod
        self.joined = joined
        self.audio = audio
    }

    /// All ways in which somebody is there. One device that calls and chats has two endpoints and one address, so
    /// the later ones carry their number.
    static func endpoints(of participant: Participant, userEntity: String) -> [InfoEndpoint] {
        var taken: Set<String> = []
        return participant.endpoints.map { endpoint in
            let plain = endpoint.address.identifiesPerson ? AddressURI.full(endpoint.address) : userEntity
            let entity = taken.contains(plain) ? "\(plain);endpoint=\(endpoint.id.value)" : plain
            taken.insert(entity)
            var written = InfoEndpoint(
                entity: entity, status: endpoint.status, joiningMethod: endpoint.joiningMethod,
                joined: endpoint.joined,
                audio: endpoint.isMUC ? nil : Audio(source: endpoint.source, status: endpoint.effectiveDirection))
            if endpoint.group != nil { written.displayText = "Group call" }
            written.referred = endpoint.invited
            written.disconnection = endpoint.disconnection
            return written
        }
    }

    public var element: InfoElement {
        var children: [InfoElement] = []
        if let displayText { children.append(InfoElement("display-text", text: displayText)) }
        let by = referred?.by.map(AddressURI.user)
        if let referred { children.append(InfoEndpoint.execution("referred", when: referred.when, by: by)) }
        children += [
            InfoElement("status", text: status.rawValue),
            InfoElement("joining-method", text: joiningMethod.rawValue),
            InfoEndpoint.execution("joining-info", when: joined, by: by),
        ]
        if let disconnection {
            children.append(InfoElement("disconnection-method", text: disconnection.method.rawValue))
            children.append(
                InfoEndpoint.execution(
                    "disconnection-info", when: disconnection.when,
                    reason: "SIP;text=\"\(disconnection.reason.words)\""))
        }
        if let audio {
            var media = [
                InfoElement("type", text: "audio"), InfoElement("label", text: InfoDescription.audioLabel),
            ]
            if let source = audio.source { media.append(InfoElement("src-id", text: String(source))) }
            media.append(InfoElement("status", text: audio.status.rawValue))
            children.append(InfoElement("media", attributes: [.init("id", "1")], children: media))
        }
        return InfoElement(
            "endpoint", attributes: [.init("entity", entity), .init("state", "full")], children: children)
    }

    /// An `execution-type`: when, why and by whom something was done (RFC 4575 sections 5.7.2, 5.7.5 and 5.7.7).
    /// - Parameter reason: in the format of RFC 3326.
    private static func execution(
        _ name: String, when: WallTime, reason: String? = nil, by: String? = nil
    ) -> InfoElement {
        var children = [InfoElement("when", text: when.iso8601)]
        if let reason { children.append(InfoElement("reason", text: reason)) }
        if let by { children.append(InfoElement("by", text: by)) }
        return InfoElement(name, children: children)
    }
}
