extension SIPMessage {
    /// Reads one whole message: a datagram, or what `SIPStreamFramer` cut out of a stream.
    ///
    /// Lists, addresses and Vias are read by libosip2's parser, behind bounds on everything that it allocates for.
    public init(parsing bytes: [UInt8]) throws(SIPParseError) {
        let raw = RawMessage(bytes)
        let request = raw.requestLine
        let status = raw.statusLine
        guard request != nil || status != nil else { throw .notSIP("no SIP start line") }
        if let request, request.version.uppercased() != "SIP/2.0" { throw raw.refusal(505, request.version) }
        if let defect = raw.defect { throw raw.refusal(defect.status, defect.reason) }
        if let request, request.uri.utf8.count > SIPLimits.uri { throw raw.refusal(414, "over \(SIPLimits.uri) bytes") }

        let callID = try SIPMessage.single("Call-ID", in: raw)
        let cseq = try SIPMessage.cseq(of: raw, method: request?.method)
        _ = try SIPMessage.single("From", in: raw)
        _ = try SIPMessage.single("To", in: raw)
        guard let parts = OsipParser.parts(of: raw) else { throw raw.refusal(400, "Syntax error in a header") }
        guard let from = parts.from, let to = parts.to else { throw raw.refusal(400, "Bad From or To") }
        guard !parts.vias.isEmpty else { throw raw.refusal(400, "Bad Via") }

        let start: Start
        if let request {
            guard let uri = parts.requestURI else { throw raw.refusal(400, "Bad Request-URI") }
            start = .request(SIPMethod(rawValue: request.method), uri)
        } else {
            start = .response(status?.status ?? 0, status?.reason ?? "")
        }
        let maxForwards = try SIPMessage.maxForwards(of: raw)
        let body = try SIPMessage.body(of: raw)
        let own = OsipParser.structured.union(["call-id", "cseq", "max-forwards", "content-length"])
        self.init(
            start: start, vias: parts.vias, from: from, to: to, callID: callID, cseq: cseq, maxForwards: maxForwards,
            contacts: parts.contacts, routes: parts.routes, recordRoutes: parts.recordRoutes,
            headers: raw.headers.filter { !own.contains($0.name.lowercased()) }, body: body)
        hasEveryContact = parts.hasEveryContact
    }

    private static func single(_ name: String, in raw: RawMessage) throws(SIPParseError) -> String {
        let values = raw.values(name)
        guard values.count == 1, let value = values.first, !value.isEmpty else {
            throw raw.refusal(400, values.isEmpty ? "No \(name)" : "Bad \(name)")
        }
        return value
    }

    private static func cseq(of raw: RawMessage, method: String?) throws(SIPParseError) -> CSeq {
        let parts = try single("CSeq", in: raw).split(separator: " ")
        guard parts.count == 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt32(parts[0]), number <= UInt32(Int32.max), parts[1].utf8.count <= 32,
            method == nil || parts[1] == method ?? ""
        else { throw raw.refusal(400, "Bad CSeq") }
        return CSeq(number, SIPMethod(rawValue: String(parts[1])))
    }

    private static func maxForwards(of raw: RawMessage) throws(SIPParseError) -> Int? {
        guard let text = raw.values("Max-Forwards").first else { return nil }
        guard let hops = UInt16(text) else { throw raw.refusal(400, "Bad Max-Forwards") }
        return Int(hops)
    }

    /// The body as Content-Length has it; what follows it in a datagram is ignored (RFC 3261 section 18.3).
    private static func body(of raw: RawMessage) throws(SIPParseError) -> [UInt8] {
        let lengths = Set(raw.values("Content-Length"))
        guard lengths.count <= 1 else { throw raw.refusal(400, "Several Content-Lengths") }
        guard let text = lengths.first else { return Array(raw.body) }
        guard let length = UInt32(text) else { throw raw.refusal(400, "Bad Content-Length") }
        guard Int(length) <= raw.body.count else { throw raw.refusal(400, "Body shorter than Content-Length") }
        return Array(raw.body.prefix(Int(length)))
    }
}
