/// Whether somebody writes (XEP-0085 section 5.1).
public enum ChatState: String, Sendable, Hashable, CaseIterable {
    case active, composing, paused, inactive, gone

    /// The state that a message tells; nil when it tells none.
    public init?(of message: XMLElement) {
        let told = message.children(in: Namespace.chatStates).lazy.compactMap { ChatState(rawValue: $0.name) }
        guard let state = told.first else { return nil }
        self = state
    }

    public var element: XMLElement { XMLElement(rawValue, Namespace.chatStates) }
}

/// What has been seen of a message (XEP-0333).
public enum ChatMarker {
    /// Whether a message asks for it.
    public static func isRequested(by message: XMLElement) -> Bool {
        message.child("markable", Namespace.chatMarkers) != nil
    }

    public static var markable: XMLElement { XMLElement("markable", Namespace.chatMarkers) }

    public static func displayed(_ id: String) -> XMLElement {
        XMLElement("displayed", Namespace.chatMarkers, ["id": id])
    }
}
