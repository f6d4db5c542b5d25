/// How much a peer may make the parser hold.
public struct XMLStreamLimits: Sendable, Hashable {
    /// Bytes of one stanza, or of the stream header.
    public var stanzaSize: Int
    /// Elements inside one another, counted from the stanza.
    public var depth: Int
    /// Attributes of one element.
    public var attributes: Int

    public init(stanzaSize: Int = 512 * 1024, depth: Int = 64, attributes: Int = 64) {
        self.stanzaSize = stanzaSize
        self.depth = depth
        self.attributes = attributes
    }
}
