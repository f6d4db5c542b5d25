/// An entry of `conf-uris` and `uris` (RFC 4575 sections 5.3.1 and 5.4).
public struct InfoURI: Sendable, Hashable {
    public var uri: String
    public var displayText: String?
    public var purpose: String?

    public init(_ uri: String, displayText: String? = nil, purpose: String? = nil) {
        self.uri = uri
        self.displayText = displayText
        self.purpose = purpose
    }

    var element: InfoElement {
        var children = [InfoElement("uri", text: uri)]
        if let displayText { children.append(InfoElement("display-text", text: displayText)) }
        if let purpose { children.append(InfoElement("purpose", text: purpose)) }
        return InfoElement("entry", children: children)
    }
}
