/// The Session Description Protocol (RFC 8866) as a codec of `SessionDescription`.
public enum SDP {
    /// Longest text that is read, in bytes.
    public static let maximumLength = 65_536

    /// Reads SDP. Attributes given for the session are handed down to each content that does not give its own;
    /// unknown lines and attributes are skipped, as are candidates with a host name for an address.
    public static func parse(_ text: String) throws(SDPError) -> SessionDescription {
        try parse(Array(text.utf8))
    }

    /// Reads SDP from the bytes of a message body.
    public static func parse(_ bytes: [UInt8]) throws(SDPError) -> SessionDescription {
        var parser = SDPParser()
        return try parser.parse(bytes)
    }

    /// Writes SDP with CRLF line ends. Control characters in strings become spaces, so that no value can add a line.
    public static func write(_ description: SessionDescription) -> String {
        var writer = SDPWriter()
        return writer.write(description)
    }
}
