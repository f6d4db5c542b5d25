/// Why SDP text was refused.
public enum SDPError: Error, Hashable, Sendable {
    /// Longer than `SDP.maximumLength`.
    case tooLong
    /// More of something than anybody needs: m-lines, codecs, candidates, …
    case tooMany(String)
    /// A mandatory line (`v`, `o`, `s`, `t`) is missing.
    case missing(String)
    /// The line does not follow RFC 8866, or the RFC of its attribute.
    case malformed(line: String)
}
