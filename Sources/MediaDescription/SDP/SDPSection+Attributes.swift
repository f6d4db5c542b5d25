import Primitives

extension SDPSection {
    /// Takes an attribute; what is not known is skipped (RFC 8866 section 5.13).
    mutating func read(_ name: String, _ value: String, line: String) throws(SDPError) {
        switch name {
        case "sendrecv", "sendonly", "recvonly", "inactive": direction = StreamDirection(rawValue: name)
        case "mid": mid = SDPText.trim(value)
        case "bundle-only": bundleOnly = true
        case "rtpmap": try readMap(value, line: line)
        case "fmtp": try readFormatParameters(value)
        case "rtcp-fb": try readFeedback(value)
        case "extmap": try readHeaderExtension(value, line: line)
        case "ssrc": try readSource(value, line: line)
        case "rtcp-mux": rtcpMux = true
        case "rtcp": try readRTCP(value, line: line)
        case "ptime": ptime = SDPText.integer(SDPText.trim(value), in: 1...10_000)
        case "maxptime": maxptime = SDPText.integer(SDPText.trim(value), in: 1...10_000)
        case "ice-ufrag": ufrag = try credential(value, line: line)
        case "ice-pwd": pwd = try credential(value, line: line)
        case "ice-options": options = Array(SDPText.fields(value).prefix(SDPLimits.names))
        case "ice-lite": isLite = true
        case "candidate": try readCandidate(value, line: line)
        case "end-of-candidates": endOfCandidates = true
        case "fingerprint": try readFingerprint(value, line: line)
        case "setup":
            guard let role = SetupRole(rawValue: SDPText.trim(value)) else { throw .malformed(line: line) }
            setup = role
        case "crypto": try readCrypto(value, line: line)
        default: break
        }
    }

    /// `96 opus/48000/2`.
    private mutating func readMap(_ value: String, line: String) throws(SDPError) {
        let fields = SDPText.fields(value)
        guard fields.count >= 2, let format = SDPText.integer(fields[0], in: 0...127) else {
            throw .malformed(line: line)
        }
        let payloadType = UInt8(truncatingIfNeeded: format)
        guard formats.contains(payloadType) else { return }
        let parts = fields[1].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts[0].isEmpty,
            let clockRate = SDPText.integer(parts[1], in: 1...Int(Int32.max)),
            let channels = parts.count == 3 ? SDPText.integer(parts[2], in: 1...255) : 1
        else { throw .malformed(line: line) }
        maps[payloadType] = Codec(
            payloadType: payloadType, name: parts[0], clockRate: clockRate, channels: channels)
    }

    /// `111 minptime=10;useinbandfec=1`; a payload type that is not of this m-line is skipped.
    private mutating func readFormatParameters(_ value: String) throws(SDPError) {
        guard let (payloadType, rest) = payload(value) else { return }
        var parameters: [Parameter] = []
        for piece in rest.split(separator: ";") {
            let piece = SDPText.trim(piece)
            if piece.isEmpty { continue }
            let (name, tail) = SDPText.cut(piece, at: "=")
            let parameter = tail.map { Parameter(SDPText.trim(name), SDPText.trim($0)) } ?? Parameter("", name)
            try parameters.append(parameter, limit: SDPLimits.parameters, "format parameters")
        }
        formatParameters[payloadType] = parameters
    }

    /// `96 nack pli` or `* nack`.
    private mutating func readFeedback(_ value: String) throws(SDPError) {
        let all = SDPText.cut(value, at: " ")
        guard let (payloadType, rest) = all.head == "*" ? (nil, all.tail ?? "") : payload(value).map({ ($0, $1) })
        else { return }
        let (type, subtype) = SDPText.cut(SDPText.trim(rest), at: " ")
        if type.isEmpty { return }
        let entry = RTCPFeedback(type: type, subtype: subtype.map(SDPText.trim))
        if let payloadType {
            try codecFeedback[payloadType, default: []].append(entry, limit: SDPLimits.feedback, "feedback types")
        } else {
            try feedback.append(entry, limit: SDPLimits.feedback, "feedback types")
        }
    }

    /// `1/recvonly urn:ietf:params:rtp-hdrext:…`, extension attributes skipped (RFC 8285 section 5).
    private mutating func readHeaderExtension(_ value: String, line: String) throws(SDPError) {
        let fields = SDPText.fields(value)
        guard fields.count >= 2 else { throw .malformed(line: line) }
        let (number, suffix) = SDPText.cut(fields[0], at: "/")
        guard let id = SDPText.integer(number, in: 1...65_535),
            let direction = suffix.map(StreamDirection.init(rawValue:)) ?? .sendrecv
        else { throw .malformed(line: line) }
        try headerExtensions.append(
            HeaderExtension(id: id, uri: fields[1], direction: direction), limit: SDPLimits.headerExtensions,
            "header extensions")
    }

    /// `314159 cname:…` (RFC 5576 section 4.1).
    private mutating func readSource(_ value: String, line: String) throws(SDPError) {
        let (number, rest) = SDPText.cut(value, at: " ")
        guard let number = SDPText.integer(number, in: 0...Int(UInt32.max)), let rest else {
            throw .malformed(line: line)
        }
        let ssrc = UInt32(truncatingIfNeeded: number)
        let (name, text) = SDPText.cut(SDPText.trim(rest), at: ":")
        let parameter = Parameter(name, text ?? "")
        if let index = sources.firstIndex(where: { $0.ssrc == ssrc }) {
            try sources[index].parameters.append(parameter, limit: SDPLimits.parameters, "source attributes")
        } else {
            try sources.append(
                MediaSource(ssrc: ssrc, parameters: [parameter]), limit: SDPLimits.sources, "sources")
        }
    }

    /// `53020` or `53020 IN IP4 192.0.2.1` (RFC 3605).
    private mutating func readRTCP(_ value: String, line: String) throws(SDPError) {
        let fields = SDPText.fields(value)
        guard let port = SDPText.port(fields.first) else { throw .malformed(line: line) }
        rtcp = (port, fields.count >= 4 ? IPAddress(fields[3]) : nil)
    }

    /// 1…256 characters of a credential (RFC 8839 section 5.4), though clients have sent others than its `ice-char`.
    private func credential(_ value: String, line: String) throws(SDPError) -> String {
        let text = SDPText.trim(value)
        guard (1...256).contains(text.utf8.count), !text.contains(" ") else { throw .malformed(line: line) }
        return text
    }

    /// RFC 8839 section 5.1; a host name for an address (mDNS), or a type that is not known, is skipped.
    private mutating func readCandidate(_ value: String, line: String) throws(SDPError) {
        let fields = SDPText.fields(value)
        guard fields.count >= 8, fields[6] == "typ", let component = SDPText.integer(fields[1], in: 1...256),
            let priority = SDPText.integer(fields[3], in: 0...Int(UInt32.max)), let port = SDPText.port(fields[5])
        else { throw .malformed(line: line) }
        guard let ip = IPAddress(fields[4]), let kind = CandidateDescription.Kind(rawValue: fields[7]) else { return }
        var candidate = CandidateDescription(
            foundation: fields[0], component: component, transport: fields[2].lowercased(),
            priority: UInt32(truncatingIfNeeded: priority), address: SocketAddress(ip, port), kind: kind)
        var related: IPAddress?
        for index in stride(from: 8, to: fields.count - 1, by: 2) {
            let (name, text) = (fields[index], fields[index + 1])
            switch name {
            case "raddr": related = IPAddress(text)
            case "rport":
                if let related, let port = SDPText.port(text) {
                    candidate.relatedAddress = SocketAddress(related, port)
                }
            case "generation": candidate.generation = SDPText.integer(text, in: 0...Int(Int32.max)) ?? 0
            case "network-id": candidate.network = SDPText.integer(text, in: 0...Int(Int32.max)) ?? 0
            default:
                try candidate.extensions.append(
                    Parameter(name, text), limit: SDPLimits.parameters, "candidate extensions")
            }
        }
        try candidates.append(candidate, limit: SDPLimits.candidates, "candidates")
    }

    /// `sha-256 4A:AD:…` (RFC 8122 section 5).
    private mutating func readFingerprint(_ value: String, line: String) throws(SDPError) {
        let fields = SDPText.fields(value)
        guard fields.count == 2, (2...512).contains(fields[1].utf8.count),
            let bytes = Hex.decode(fields[1].filter { $0 != ":" })
        else { throw .malformed(line: line) }
        let fingerprint = Fingerprint(hash: fields[0].lowercased(), bytes: bytes)
        try fingerprints.append(fingerprint, limit: SDPLimits.fingerprints, "fingerprints")
    }

    /// `1 AES_CM_128_HMAC_SHA1_80 inline:… session parameters` (RFC 4568 section 9.1).
    private mutating func readCrypto(_ value: String, line: String) throws(SDPError) {
        let fields = SDPText.fields(value)
        guard fields.count >= 3, let tag = SDPText.integer(fields[0], in: 0...999_999_999) else {
            throw .malformed(line: line)
        }
        let crypto = SDESCrypto(
            tag: tag, suite: fields[1], keyParameters: fields[2],
            sessionParameters: fields[3...].joined(separator: " "))
        try cryptos.append(crypto, limit: SDPLimits.cryptos, "crypto lines")
    }

    /// The leading payload type, if it is one of this m-line, and what follows it.
    private func payload(_ value: String) -> (UInt8, String)? {
        let (head, tail) = SDPText.cut(value, at: " ")
        guard let format = SDPText.integer(head, in: 0...127), let tail else { return nil }
        let payloadType = UInt8(truncatingIfNeeded: format)
        return formats.contains(payloadType) ? (payloadType, tail) : nil
    }
}
