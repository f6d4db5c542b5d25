/// Bounds on what a peer can make the parser do.
public enum SIPLimits {
    /// Bytes of one datagram.
    public static let datagram = 65_535
    /// Bytes of start line and headers.
    public static let headerSection = 32 * 1024
    /// Bytes of a body that came over a stream.
    public static let body = 256 * 1024
    /// Header lines of one message.
    static let lines = 256
    /// Commas, semicolons and ampersands in the header section: each may become an element of a list.
    static let separators = 2048
    /// Bytes of one URI or address given as text.
    static let uri = 4096
}
