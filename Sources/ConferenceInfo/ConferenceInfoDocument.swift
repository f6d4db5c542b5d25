public import Conference

/// A conference-info document (RFC 4575 section 5): the state of a room, all of it or what changed.
public struct ConferenceInfoDocument: Sendable, Hashable {
    /// The namespace, and the media type of a NOTIFY that carries such a document.
    public static let namespace = "urn:ietf:params:xml:ns:conference-info"
    public static let mediaType = "application/conference-info+xml"

    /// How much an element tells (RFC 4575 section 4.4).
    public enum State: String, Sendable, Hashable { case full, partial, deleted }

    /// The conference URI: the Contact of the focus, or `xmpp:room@talk…` in COIN.
    public var entity: String
    public var state: State
    /// One more than in the document before, within one subscription; the first is 1.
    public var version: UInt32
    /// Nil where a partial document has nothing new to say of it.
    public var description: InfoDescription?
    /// Nil where a partial document has nothing new to say of it.
    public var conferenceState: InfoConferenceState?
    /// Who provides the room; in full documents alone, as it does not change.
    public var host: ConferenceInfoContext.Host?
    public var users: [InfoUser]

    public init(
        entity: String, state: State, version: UInt32, description: InfoDescription? = nil,
        conferenceState: InfoConferenceState? = nil, users: [InfoUser] = []
    ) {
        self.entity = entity
        self.state = state
        self.version = version
        self.description = description
        self.conferenceState = conferenceState
        self.users = users
    }

    /// The full state of a room.
    /// - Parameter entity: the conference URI.
    public init(_ room: Room, entity: String, in context: ConferenceInfoContext = .init(), version: UInt32 = 1) {
        let snapshot = ConferenceInfoSnapshot(room, in: context)
        self.init(
            entity: entity, state: .full, version: version, description: snapshot.description,
            conferenceState: snapshot.conferenceState, users: snapshot.users)
        host = context.host
    }

    /// What stands inside the root.
    var children: [InfoElement] {
        if state == .deleted { return [] }
        var children: [InfoElement] = []
        if let description { children.append(description.element) }
        if let host { children.append(host.element) }
        if let conferenceState { children.append(conferenceState.element) }
        if state == .full || !users.isEmpty {
            children.append(
                InfoElement(
                    "users", attributes: [.init("state", state == .full ? "full" : "partial")],
                    children: users.map(\.element)))
        }
        return children
    }

    /// The root without what is inside.
    func root(extraAttributes: [InfoElement.Attribute] = []) -> InfoElement {
        InfoElement(
            "conference-info",
            attributes: [
                .init("entity", entity), .init("state", state.rawValue), .init("version", String(version)),
            ] + extraAttributes)
    }

    /// The document as an element tree, without its namespace declaration.
    /// - Parameter extraAttributes: attributes for the root beyond those of RFC 4575: COIN's `sid`.
    public func element(extraAttributes: [InfoElement.Attribute] = []) -> InfoElement {
        var element = root(extraAttributes: extraAttributes)
        element.children = children
        return element
    }

    /// The document as text, in the default namespace and without prefixes.
    /// - Parameters:
    ///   - declaration: whether the XML declaration stands in front: yes in a NOTIFY, no inside a stanza.
    ///   - extraAttributes: attributes for the root beyond those of RFC 4575: COIN's `sid`.
    public func xml(declaration: Bool = true, extraAttributes: [InfoElement.Attribute] = []) -> String {
        (declaration ? Self.declaration : "")
            + element(extraAttributes: extraAttributes).xml(namespace: Self.namespace)
    }

    static let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
}
