/// What all stanzas have (RFC 6120 section 8.1).
extension XMLElement {
    public var from: JID? {
        get { self["from"].flatMap { JID($0) } }
        set { self["from"] = newValue?.description }
    }

    public var to: JID? {
        get { self["to"].flatMap { JID($0) } }
        set { self["to"] = newValue?.description }
    }

    public var id: String? {
        get { self["id"] }
        set { self["id"] = newValue }
    }

    public var type: String? {
        get { self["type"] }
        set { self["type"] = newValue }
    }

    public var isMessage: Bool { matches("message", Namespace.client) }
    public var isPresence: Bool { matches("presence", Namespace.client) }
    public var isIQ: Bool { matches("iq", Namespace.client) }

    /// An IQ that asks: `get` or `set`.
    public var isIQRequest: Bool { isIQ && (type == "get" || type == "set") }
    /// An IQ that answers: `result` or `error`.
    public var isIQReply: Bool { isIQ && (type == "result" || type == "error") }

    /// The one child of an IQ request (RFC 6120 section 8.2.3); nil when there is none or more than one, which is
    /// answered with `bad-request`.
    public var payload: XMLElement? {
        let elements = elements
        return elements.count == 1 ? elements[0] : nil
    }

    public static func message(
        from: JID?, to: JID?, type: String? = nil, id: String? = nil, @XMLBuilder children: () -> [XMLNode] = { [] }
    ) -> XMLElement {
        stanza("message", from, to, type, id, children())
    }

    public static func presence(
        from: JID?, to: JID?, type: String? = nil, id: String? = nil, @XMLBuilder children: () -> [XMLNode] = { [] }
    ) -> XMLElement {
        stanza("presence", from, to, type, id, children())
    }

    public static func iq(
        from: JID?, to: JID?, type: String, id: String, @XMLBuilder children: () -> [XMLNode] = { [] }
    ) -> XMLElement {
        stanza("iq", from, to, type, id, children())
    }

    private static func stanza(
        _ name: String, _ from: JID?, _ to: JID?, _ type: String?, _ id: String?, _ children: [XMLNode]
    ) -> XMLElement {
        XMLElement(
            name, Namespace.client,
            ["from": from?.description, "to": to?.description, "type": type, "id": id]
        ) { children }
    }

    /// The `result` for this IQ request, addresses turned round (RFC 6120 section 8.2.3).
    public func result(@XMLBuilder children: () -> [XMLNode] = { [] }) -> XMLElement {
        reply(type: "result", children())
    }

    /// The `error` for this stanza, addresses turned round (RFC 6120 section 8.3.1). Nil for what must not be answered
    /// with an error: errors themselves, and IQ results.
    public func errorReply(_ error: StanzaError) -> XMLElement? {
        guard type != "error", !(isIQ && type == "result") else { return nil }
        return reply(type: "error", [.element(error.element)])
    }

    private func reply(type: String, _ children: [XMLNode]) -> XMLElement {
        XMLElement(name, namespace, ["from": self["to"], "to": self["from"], "type": type, "id": id]) { children }
    }

    /// The `error` child of a stanza of that type.
    public var stanzaError: StanzaError? {
        guard type == "error" else { return nil }
        return child("error", Namespace.client).flatMap { StanzaError($0) } ?? StanzaError(.undefinedCondition)
    }

    /// The text of `<body/>`; nil when there is none, or an empty one.
    public var body: String? { child("body", Namespace.client).map(\.text).flatMap { $0.isEmpty ? nil : $0 } }
}
