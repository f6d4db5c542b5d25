extension SIPMessage {
    /// The message as it is sent. Line ends and other control characters inside values become spaces.
    public var bytes: [UInt8] {
        var text = ""
        switch start {
        case .request(let method, let uri): text = "\(method) \(uri) SIP/2.0".onOneLine + "\r\n"
        case .response(let status, let reason): text = "SIP/2.0 \(status) \(reason)".onOneLine + "\r\n"
        }
        func line(_ name: String, _ value: some CustomStringConvertible) {
            text += name.onOneLine + ": " + value.description.onOneLine + "\r\n"
        }
        for via in vias { line("Via", via) }
        for route in routes { line("Route", route) }
        for route in recordRoutes { line("Record-Route", route) }
        if let maxForwards { line("Max-Forwards", maxForwards) }
        line("From", from)
        line("To", to)
        line("Call-ID", callID)
        line("CSeq", cseq)
        if hasEveryContact { line("Contact", "*") }
        for contact in contacts { line("Contact", contact) }
        for header in headers { line(header.name, header.value) }
        line("Content-Length", body.count)
        return Array((text + "\r\n").utf8) + body
    }
}

extension String {
    /// Without line ends and control characters: nothing in a value can start another header.
    var onOneLine: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return self }
        return String(decoding: utf8.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }, as: UTF8.self)
    }
}
