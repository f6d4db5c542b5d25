/// How much a peer may make the parser hold. A stanza that goes beyond is left out and the stream goes on, as whoever
/// wrote it is not the only one on the stream; unless it is so large that the server cannot have meant it.
public struct XMLStreamLimits: Sendable, Hashable {
    /// Bytes of one stanza as it stands on the stream, or of the stream header.
    public var stanzaSize: Int
    /// Bytes of one stanza that is left out; one more ends the stream.
    public var refusedSize: Int
    /// Elements inside one another, counted from the stanza.
    public var depth: Int
    /// Attributes of one element.
    public var attributes: Int
    /// Bytes of a namespace's name, which each element and attribute in it holds.
    public var namespace: Int

    public init(
        stanzaSize: Int = 512 * 1024, refusedSize: Int = 4 * 1024 * 1024, depth: Int = 64, attributes: Int = 64,
        namespace: Int = 256
    ) {
        self.stanzaSize = stanzaSize
        self.refusedSize = refusedSize
        self.depth = depth
        self.attributes = attributes
        self.namespace = namespace
    }
}
