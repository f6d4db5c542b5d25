/// The parts of a `multipart/mixed` body (RFC 2046 section 5.1, RFC 5621).
public struct MultipartBody: Hashable, Sendable {
    public struct Part: Hashable, Sendable {
        public var headers: [SIPHeader]
        public var body: [UInt8]

        /// In lower case, without parameters; `text/plain` when it does not say (RFC 2046 section 5.1).
        public var mediaType: String {
            value("Content-Type")?.value.lowercased() ?? "text/plain"
        }
        /// Whether it may not be ignored: `handling=required` (RFC 3204 section 6).
        public var isRequired: Bool { value("Content-Disposition")?.parameters["handling"]?.lowercased() == "required" }

        private func value(_ name: String) -> ParameterizedValue? {
            headers.first { $0.isNamed(name) }.map { ParameterizedValue(parsing: $0.value) }
        }
    }

    /// More are not looked at.
    private static let limit = 16

    public let parts: [Part]

    /// Nil when the type names no boundary, or the body has no part between two of them.
    public init?(_ body: [UInt8], type: ParameterizedValue) {
        guard let quoted = type.parameters["boundary"] else { return nil }
        let boundary = NameAddress.unquoted(quoted)
        guard (1...70).contains(boundary.utf8.count) else { return nil }
        let delimiter = Array("--\(boundary)".utf8)
        let lineFeed = UInt8(ascii: "\n")
        var parts: [Part] = []
        var start: Int?
        var cursor = 0
        while cursor < body.count, parts.count < MultipartBody.limit {
            let end = body[cursor...].firstIndex(of: lineFeed) ?? body.endIndex
            let line = body[cursor..<end]
            if line.starts(with: delimiter), let isLast = MultipartBody.isLast(line.dropFirst(delimiter.count)) {
                if let start { parts.append(MultipartBody.part(body[start..<max(start, cursor)])) }
                start = isLast ? nil : min(end + 1, body.endIndex)
                if isLast { break }
            }
            cursor = end + 1
        }
        if parts.isEmpty { return nil }
        self.parts = parts
    }

    /// What follows the boundary on its line: whether it closes the body; nil if it is no boundary at all.
    private static func isLast(_ rest: ArraySlice<UInt8>) -> Bool? {
        let text = String(decoding: rest, as: UTF8.self).trimmed
        return text.isEmpty ? false : text == "--" ? true : nil
    }

    /// One part; the line end before the next boundary is not its own.
    private static func part(_ bytes: ArraySlice<UInt8>) -> Part {
        var bytes = bytes
        if bytes.last == UInt8(ascii: "\n") { bytes = bytes.dropLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        var headers: [SIPHeader] = []
        var rest = bytes
        while !rest.isEmpty, headers.count < 64 {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = String(decoding: rest[..<end], as: UTF8.self).trimmed
            rest = end < rest.endIndex ? rest[(end + 1)...] : []
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.append(
                SIPHeader(String(line[..<colon]).trimmed, String(line[line.index(after: colon)...]).trimmed))
        }
        return Part(headers: headers, body: Array(rest))
    }
}
