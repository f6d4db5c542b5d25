/// What the bytes of a stream say.
public enum XMLStreamEvent: Sendable, Hashable {
    /// The opening tag: `<stream:stream/>` with its attributes and no children (RFC 6120 section 4.2).
    case streamOpened(XMLElement)
    /// A whole first-level element.
    case stanza(XMLElement)
    /// A first-level element beyond the limits, without its children, and in which way: `too large`, …
    case refused(XMLElement, String)
    /// The closing tag (RFC 6120 section 4.4).
    case streamClosed
    /// The stream cannot be read any further; everything after it is ignored.
    case failed(StreamError)
}
