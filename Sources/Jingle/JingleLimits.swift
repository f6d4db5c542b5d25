/// Bounds on what a peer may make us keep. What goes beyond them is left out, or refused where the text says so.
public enum JingleLimits {
    /// Bytes of a session id; longer ones are refused.
    public static let sid = 256
    /// Bytes of a content name; longer ones are refused.
    public static let name = 256
    /// Contents of one element; more are refused.
    public static let contents = 8
    /// Candidates of one session, described and trickled.
    public static let candidates = 100
    /// Payload types of one description: the seven bits of RTP.
    public static let payloadTypes = 128
    /// Header extensions, feedback messages, sources, cryptos, fingerprints and options, and parameters of each.
    public static let items = 32
    /// Bytes of any one attribute or text that is kept.
    public static let text = 1024
}
