/// Why bytes are no SIP message.
public enum SIPParseError: Error, Hashable, Sendable {
    /// Not SIP at all, or a broken response or ACK: a line in the log, and silence.
    case notSIP(String)
    /// A request that cannot be understood, but says enough to be answered.
    case malformed(MalformedRequest)
}

/// A request of which only the headers that a response copies could be told (RFC 3261 section 8.2.6).
public struct MalformedRequest: Hashable, Sendable {
    /// What is wrong with it, fit for a reason phrase.
    public var reason: String
    /// The status it deserves: 400, 414, 505, …
    public var status: Int
    /// Via, From, To, Call-ID and CSeq as they came.
    var headers: [SIPHeader]

    /// The answer, to be sent to where the request came from. It needs no transaction: a retransmission gets it again.
    /// - Parameter tag: our tag for To.
    public func response(tag: String) -> [UInt8] {
        var text = "SIP/2.0 \(status) \(SIPStatus.reason(status)) - \(reason)".onOneLine + "\r\n"
        for header in headers {
            var value = header.value
            if header.isNamed("To"), !value.lowercased().contains("tag=") { value += ";tag=\(tag)" }
            text += "\(header.name): \(value)".onOneLine + "\r\n"
        }
        return Array((text + "Content-Length: 0\r\n\r\n").utf8)
    }
}
