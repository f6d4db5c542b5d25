/// A message cut into start line, unfolded headers and body, before anything is understood.
struct RawMessage {
    var startLine: String
    /// Under full names, in order.
    var headers: [SIPHeader]
    var body: ArraySlice<UInt8>
    /// What is wrong with it as a whole, if something is.
    var defect: (status: Int, reason: String)?

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// Never fails: what is not SIP shows in the start line.
    init(_ bytes: [UInt8]) {
        startLine = ""
        headers = []
        body = []
        var cursor = bytes.firstIndex { $0 != RawMessage.lineFeed && $0 != RawMessage.carriageReturn } ?? bytes.endIndex
        let limit = min(bytes.endIndex, cursor + SIPLimits.headerSection)
        var isComplete = false
        var separators = 0
        var lines = 0
        while cursor < limit {
            let end = bytes[cursor..<limit].firstIndex(of: RawMessage.lineFeed) ?? limit
            var line = bytes[cursor..<end]
            if line.last == RawMessage.carriageReturn { line = line.dropLast() }
            cursor = min(end + 1, limit)
            if line.isEmpty {
                isComplete = true
                break
            }
            lines += 1
            for byte in line {
                if byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "&") {
                    separators += 1
                }
                if byte == 0 { defect = (400, "NUL in a header") }
            }
            if lines > SIPLimits.lines || separators > SIPLimits.separators {
                defect = (400, "Too many headers")
                break
            }
            take(String(decoding: line, as: UTF8.self).onOneLine, isFirst: lines == 1)
        }
        body = bytes[cursor...]
        if !isComplete, defect == nil {
            defect = limit < bytes.endIndex ? (400, "Headers are too long") : (400, "Cut off before the body")
        }
    }

    private mutating func take(_ line: String, isFirst: Bool) {
        if isFirst {
            startLine = line
        } else if line.first == " " || line.first == "\t" {
            guard let last = headers.indices.last else { return }
            headers[last].value = (headers[last].value + " " + line.trimmed).trimmed
        } else if let colon = line.firstIndex(of: ":") {
            let name = String(line[..<colon]).trimmed
            headers.append(
                SIPHeader(
                    SIPHeader.compactForms[name.lowercased()] ?? name,
                    String(line[line.index(after: colon)...]).trimmed))
        } else {
            defect = defect ?? (400, "A header line without a colon")
        }
    }

    /// Method, URI and version of a request line; nil if it is none.
    var requestLine: (method: String, uri: String, version: String)? {
        let parts = startLine.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count >= 3, let version = parts.last, version.uppercased().hasPrefix("SIP/"),
            let method = parts.first, !method.uppercased().hasPrefix("SIP/"),
            method.utf8.count <= 32, method.utf8.allSatisfy(RawMessage.isToken)
        else { return nil }
        return (String(method), parts.dropFirst().dropLast().joined(separator: " "), String(version))
    }

    /// Status code and reason phrase of a status line; nil if it is none.
    var statusLine: (status: Int, reason: String)? {
        let parts = startLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard parts.count >= 2, parts[0].uppercased() == "SIP/2.0", parts[1].utf8.count == 3,
            let status = Int(parts[1]), (100..<700).contains(status)
        else { return nil }
        return (status, parts.count == 3 ? String(parts[2]) : "")
    }

    func values(_ name: String) -> [String] { headers.filter { $0.isNamed(name) }.map(\.value) }

    /// RFC 3261 section 25.1 `token`.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "-.!%*_+`'~".utf8.contains(byte)
        }
    }

    /// The request with its reason, if it holds all that an answer needs and is no ACK; otherwise why it is dropped.
    func refusal(_ status: Int, _ reason: String) -> SIPParseError {
        let copied = ["Via", "From", "To", "Call-ID", "CSeq"]
        guard let method = requestLine?.method, method != "ACK" else { return .notSIP(reason) }
        guard copied.allSatisfy({ name in headers.contains { $0.isNamed(name) && !$0.value.isEmpty } }) else {
            return .notSIP(reason)
        }
        var kept: [SIPHeader] = []
        for name in copied {
            let all = headers.filter { $0.isNamed(name) && !$0.value.isEmpty }
            kept += name == "Via" ? all : Array(all.prefix(1))
        }
        return .malformed(MalformedRequest(reason: reason, status: status, headers: kept))
    }
}
